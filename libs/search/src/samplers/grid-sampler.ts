import type { ParameterValues } from '../space/parameter.js';
import type { Sampler } from './sampler.js';

/**
 * Every assignment of a finite space in order, the last parameter changing fastest. Throws SpaceError for a continuous
 * parameter.
 */
export function gridSampler(): Sampler {
  let rest: Generator<ParameterValues> | undefined;
  return {
    propose(space, history) {
      rest ??= space.all();
      for (;;) {
        const next = rest.next();
        if (next.done) return null;
        if (!history.has(next.value)) return next.value;
      }
    },
  };
}

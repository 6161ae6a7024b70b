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
      // What was withdrawn meanwhile lies behind: the grid is walked once more before it is exhausted.
      for (let isWhole = false; !isWhole;) {
        isWhole = rest === undefined;
        rest ??= space.all();
        for (let next = rest.next(); !next.done; next = rest.next()) if (!history.has(next.value)) return next.value;
        rest = undefined;
      }
      return null;
    },
  };
}

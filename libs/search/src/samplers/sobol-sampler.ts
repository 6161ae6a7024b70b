import { Sobol } from './sobol.js';
import type { Sampler } from './sampler.js';

/** Points spread evenly over the space, by a Sobol sequence. */
export function sobolSampler(): Sampler {
  let sequence: Sobol | undefined;
  let next = 0;
  return {
    propose(space, history, random) {
      sequence ??= new Sobol(space.parameters.length, random);
      // A search that goes on after a stop goes on in the sequence as well.
      next = Math.max(next, history.trials.length);
      return space.at(sequence.point(next++, random));
    },
  };
}

import { gpSampler } from './gp-sampler.js';
import type { Sampler } from './sampler.js';
import { tpeSampler } from './tpe-sampler.js';

/**
 * Trials from which on a Gaussian process costs more than it wins, and coordinates beyond which it learns too slowly.
 */
const MANY_TRIALS = 160;
const MANY_PARAMETERS = 40;

/**
 * Chooses by what is searched: up to three objectives and 40 parameters it is a Gaussian process while trials are few,
 * of three objectives in turn with the Parzen estimator, which makes up for what the process believes wrongly at the
 * ends of its space; else, and afterwards, the Parzen estimator alone, which takes milliseconds after any number.
 */
export function autoSampler(): Sampler {
  const process = gpSampler();
  const estimator = tpeSampler();
  return {
    propose(space, history, random) {
      const objectives = history.complete[0]?.outcome.values.length ?? 1;
      const isSmall = history.complete.length < MANY_TRIALS && space.parameters.length <= MANY_PARAMETERS;
      const isItsTurn = objectives <= 2 || (objectives === 3 && history.trials.length % 2 === 1);
      return (isSmall && isItsTurn ? process : estimator).propose(space, history, random);
    },
  };
}

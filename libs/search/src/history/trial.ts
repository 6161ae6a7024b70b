import type { Outcome } from '../fronts/dominance.js';
import type { Assignment } from '../space/parameter.js';

/**
 * `stopped` ended early and has no figures; `failed` came to no result. Neither teaches a sampler more than not to
 * repeat it.
 */
export type TrialState = 'running' | 'complete' | 'stopped' | 'failed';

/** One assignment that was asked for, and what came of it. */
export interface Trial {
  id: number;
  assignment: Assignment;
  state: TrialState;
  /** Of a complete trial. */
  outcome?: Outcome;
}

export interface CompleteTrial extends Trial {
  outcome: Outcome;
}

export function isComplete(trial: Trial): trial is CompleteTrial {
  return trial.state === 'complete' && trial.outcome !== undefined;
}

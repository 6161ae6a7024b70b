import type { Outcome } from '../fronts/dominance.js';
import type { ParameterValues } from '../space/parameter.js';

/**
 * `stopped` ended early and has no figures; `failed` came to no result. Neither teaches a sampler more than not to
 * repeat it. `withdrawn` was never tried: it may be asked for again.
 */
export type SampledState = 'running' | 'complete' | 'stopped' | 'failed' | 'withdrawn';

/** One assignment that was asked for, and what came of it. */
export interface SampledTrial {
  id: number;
  assignment: ParameterValues;
  state: SampledState;
  /** Of a complete trial. */
  outcome?: Outcome;
}

export interface CompleteTrial extends SampledTrial {
  outcome: Outcome;
}

export function isComplete(trial: SampledTrial): trial is CompleteTrial {
  return trial.state === 'complete' && trial.outcome !== undefined;
}

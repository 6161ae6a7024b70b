import type { Assignment, Failure, ModelMetrics, StageMetrics, TrialOrigin } from '#contracts';
import type { NewJob } from '../insert-jobs.js';
import type { StoredOutcome } from './sweep-schema.js';

/** A trial that is begun: with a job, or with the reason why its assignment makes none. */
export type NewTrial = { assignment: Assignment; origin: TrialOrigin } & (
  | { job: Omit<NewJob, 'sweepId' | 'priority'> }
  | { job: null; reason: string }
);

/** How a trial ends. */
export interface TrialEnding {
  state: 'complete' | 'stopped' | 'cancelled' | 'failed';
  metrics: StageMetrics | null;
  /** Figures of devices that the sweep asks for, by name. */
  devices?: Record<string, number>;
  outcome: StoredOutcome | null;
  violation: number | null;
  violated: string[];
  reason: string | null;
}

/** A trial that runs, and how far its job is. */
export interface OpenTrial {
  number: number;
  /** Null when the job was deleted. */
  job: {
    id: string;
    state: string;
    error: Failure | null;
    baseline: ModelMetrics | null;
    stages: {
      index: number;
      pass: string;
      options: Record<string, unknown>;
      state: string;
      metrics: StageMetrics | null;
      modelDigest: string | null;
    }[];
  } | null;
}

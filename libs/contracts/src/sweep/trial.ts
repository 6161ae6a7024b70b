import { z } from 'zod';
import { Digest } from '../digest.js';
import { StageMetrics } from '../metrics.js';
import { Assignment } from './ranges.js';

/**
 * `running` has a job that has not ended; `complete` has its figures; `stopped` was ended early because it could not
 * meet a constraint any more, fell behind, or its job was cancelled; `cancelled` was cut off with the sweep: its
 * assignment is tried again where the sweep goes on; `failed` has a job that failed; `infeasible` is an assignment that
 * makes no valid recipe: it has no job.
 */
export const TrialState = z.enum(['running', 'complete', 'stopped', 'cancelled', 'failed', 'infeasible']);
export type TrialState = z.infer<typeof TrialState>;

/** Why a trial is `cancelled`. */
export const CUT_OFF = 'the sweep was cancelled';

export const TrialOrigin = z.enum(['sampler', 'manual', 'earlier']);
export type TrialOrigin = z.infer<typeof TrialOrigin>;

/** A trial of a sweep: an assignment, the job that tries it, and what came of it. */
export const Trial = z
  .object({
    number: z.int().min(0).describe('Counts from 0 within the sweep, in the order of asking.'),
    state: TrialState,
    origin: TrialOrigin.describe(
      'Whether the sampler asked for it, a person, or an earlier sweep or job that this one began with.',
    ),
    assignment: Assignment.describe('Value of each parameter that exists in this trial.'),
    jobId: z.uuid().nullable().describe('The job that runs it; null where the assignment makes no valid recipe.'),
    stage: z.int().nullable().describe('Index of the stage that runs or comes next; null once the trial has ended.'),
    metrics: StageMetrics.nullable().describe(
      'Figures of its last model that was measured; while it runs those of the stages so far.',
    ),
    devices: z
      .record(z.string(), z.number())
      .default({})
      .describe(
        'Figures of devices that the sweep asks for, by name such as "p95Ms on pi"; of several devices the worst.',
      ),
    constraints: z
      .array(z.number())
      .nullable()
      .default(null)
      .describe('How far each constraint is from holding, 0 and below where it holds; null without figures.'),
    violation: z
      .number()
      .nullable()
      .describe(
        'Distance from feasible: 0 where all constraints hold, else the sum of what is missing, of sizes, counts and times as a share of the limit, of shares in tenths, of dB in tens. Null while that is not known.',
      ),
    violated: z.array(z.string()).describe('Each constraint that does not hold, in words.'),
    modelDigest: Digest.nullable().describe('SHA-256 of its last model: equal models have the same.'),
    promotedAs: z.string().nullable().describe('Name under which its model was promoted to the store.'),
    reason: z.string().nullable().describe('Why it was stopped, failed, or makes no valid recipe.'),
    stagesExecuted: z.int().nullable().describe('Stages that this trial computed itself; null while it runs.'),
    seconds: z.number().nullable().describe('Time of the passes that it computed itself; null while it runs.'),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Trial' });
export type Trial = z.infer<typeof Trial>;

export const TrialQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^\d{1,9}$/, 'a cursor that this list has returned')
    .optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  state: TrialState.optional(),
});
export type TrialQuery = z.infer<typeof TrialQuery>;

/** A trial made by hand: a value for each parameter that exists under the others. */
export const TrialSubmission = z.strictObject({ assignment: Assignment }).meta({ id: 'TrialSubmission' });
export type TrialSubmission = z.infer<typeof TrialSubmission>;

export const Promotion = z.strictObject({ name: z.string().trim().min(1).max(200) }).meta({ id: 'Promotion' });
export type Promotion = z.infer<typeof Promotion>;

import { z } from 'zod';
import { Digest } from '../digest.js';
import { ModelMetrics, Skipped } from '../metrics.js';
import { DeviceName } from '../devices/selection.js';
import { GateVerdict, RecipeGate } from '../recipe.js';
import { Failure, PageQuery } from '../rest.js';
import { Direction, SamplerName, SweepDocument, SweepLimits } from './document.js';
import { Assignment, ParameterValue } from './ranges.js';
import { Trial } from './trial.js';

/**
 * `running` asks and runs trials; `paused` begins none, those that run go on; `stopping` begins none and is `finished`
 * once those that run have ended; `finished` has used its limits or tried everything; `cancelled` ended its trials at
 * once; `failed` could not go on. A sweep that has ended can be extended.
 */
export const SweepState = z.enum(['running', 'paused', 'stopping', 'finished', 'cancelled', 'failed']);
export type SweepState = z.infer<typeof SweepState>;
export const hasEnded = (state: SweepState): boolean =>
  state === 'finished' || state === 'cancelled' || state === 'failed';

/** `sweep` is an object, or a YAML/JSON document as text. */
export const SweepSubmission = z
  .strictObject({
    name: z.string().max(200).optional(),
    model: Digest,
    dataset: Digest.nullable().optional(),
    sweep: z.union([SweepDocument, z.string()]),
    warmStart: SweepDocument.shape.warmStart.describe('Added to the ones that the document names.'),
  })
  .meta({ id: 'SweepSubmission' });
export type SweepSubmission = z.infer<typeof SweepSubmission>;

/** A dimension of the space, as the document spells it out. */
export const SweepParameter = z
  .object({
    name: z.string(),
    values: z.array(ParameterValue).nullable().describe('Every value it can take; null for a continuous one.'),
    ordered: z.boolean().describe('Whether neighbouring values are taken to act alike.'),
    min: z.number().nullable(),
    max: z.number().nullable(),
    log: z.boolean().describe('Spread evenly over magnitudes.'),
    when: z.record(z.string(), z.array(ParameterValue)).describe('Parameters and values under which it exists.'),
  })
  .meta({ id: 'SweepParameter' });
export type SweepParameter = z.infer<typeof SweepParameter>;

/** Assignments that make no valid recipe for one reason. */
export const Infeasible = z
  .object({
    field: z.string().describe('Field of the recipe that they make.'),
    message: z.string(),
    example: Assignment,
    count: z.int().describe('Of those that were checked.'),
  })
  .meta({ id: 'Infeasible' });
export type Infeasible = z.infer<typeof Infeasible>;

const Unknown = z.array(z.object({ pass: z.string(), stages: z.int() }));

/** What a sweep will take, told before it is launched. */
export const SweepForecast = z
  .object({
    problems: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .describe('Why it cannot be launched; empty when it can.'),
    parameters: z.array(SweepParameter),
    spaceSize: z.number().nullable().describe('Assignments at most; null where a parameter is continuous.'),
    checked: z.int().describe('Assignments whose recipe was checked; all of a space of at most 4,096.'),
    infeasible: z.array(Infeasible).describe('Combinations that make no valid recipe: trials of them run nothing.'),
    skipped: z.array(Skipped.extend({ pass: z.string() })).describe('Nodes that a pass would leave alone.'),
    preflights: z.int().describe('Distinct recipes that were tried on the model.'),
    sampler: SamplerName.describe('What chooses the trials; auto where that changes as trials come in.'),
    survey: z
      .enum(['stored', 'first'])
      .optional()
      .describe(
        'Where the sampler begins with a model of the space: whether what that rests on is stored, or a job of the sweep measures it first, which is no part of the stages below.',
      ),
    earlier: z
      .int()
      .optional()
      .describe('Trials of earlier sweeps and jobs that it begins with, where warmStart names some.'),
    trials: z.int().describe('Trials that will run at most.'),
    isExact: z
      .boolean()
      .describe('Whether it is known which trials will run; else stages are those of as many drawn from the space.'),
    counted: z
      .int()
      .optional()
      .describe('Trials that what follows is told of, where not all are: of many, or of a large document, so many.'),
    stages: z.int().describe('Stages of these trials, each counted by itself.'),
    stagesDistinct: z
      .int()
      .describe(
        'Stages that differ in what decides their result; fewer run where different stages come to the same model.',
      ),
    stagesCached: z.int().describe('Of these, stages whose result is stored already.'),
    seconds: z
      .number()
      .nullable()
      .describe(
        'Time of the passes to be computed, by earlier stages of the same pass on this model; null where none is known.',
      ),
    secondsUnknown: Unknown.describe('Stages for which no earlier one tells the time: they are not part of seconds.'),
    bytes: z
      .number()
      .nullable()
      .describe('Bytes of the models that will be stored, by earlier stages likewise; null where none is known.'),
    bytesUnknown: Unknown.describe('Stages for which no earlier one tells the bytes: they are not part of bytes.'),
    memoryMb: z
      .number()
      .nullable()
      .default(null)
      .describe('Memory of the largest stage, MiB, by the peaks of earlier ones likewise; null where none is known.'),
  })
  .meta({ id: 'SweepForecast' });
export type SweepForecast = z.infer<typeof SweepForecast>;

/** What a sweep took until now; beside the forecast it tells how wrong that was. */
export const SweepCost = z
  .object({
    trials: z.int().describe('Trials that have ended.'),
    stages: z.int().describe('Stages of these that have a result.'),
    stagesDistinct: z.int().describe('Of these, results that differ in their stage key.'),
    stagesExecuted: z.int().describe('Of these, results that this sweep computed; the others were found.'),
    seconds: z.number().describe('Time of the passes that it computed.'),
    bytes: z.number().describe('Bytes of the distinct models that it computed.'),
  })
  .meta({ id: 'SweepCost' });
export type SweepCost = z.infer<typeof SweepCost>;

export const TrialCounts = z.object({
  running: z.int(),
  complete: z.int(),
  stopped: z.int(),
  cancelled: z.int().default(0),
  failed: z.int(),
  infeasible: z.int(),
});
export type TrialCounts = z.infer<typeof TrialCounts>;

/** What the model of a sweep's space rests on. */
export const SweepSurvey = z
  .object({
    jobId: z.uuid().nullable().describe('The job whose analyze was measured; null where nothing was.'),
    isOwn: z.boolean().describe('Whether the sweep began it; else it was there before.'),
  })
  .meta({ id: 'SweepSurvey' });
export type SweepSurvey = z.infer<typeof SweepSurvey>;

/** A trial whose recipe was run once more with another evaluation. */
export const Verification = z
  .object({
    number: z.int(),
    jobId: z.uuid(),
    passed: z
      .boolean()
      .nullable()
      .describe('Whether the constraints hold there too; null while that is measured, or where it could not be.'),
    gates: z.array(GateVerdict),
  })
  .meta({ id: 'Verification' });
export type Verification = z.infer<typeof Verification>;

export const Sweep = z
  .object({
    id: z.uuid(),
    name: z.string().nullable(),
    title: z.string().describe('Its name, that of its document, or what its passes and parameters are.'),
    state: SweepState,
    modelId: Digest,
    datasetId: Digest.nullable(),
    document: SweepDocument.describe('As submitted, with what was extended or changed since.'),
    objectives: z.array(z.object({ metric: z.string(), direction: Direction })),
    forecast: SweepForecast,
    cost: SweepCost,
    counts: TrialCounts.describe('Trials by state.'),
    feasible: z.int().describe('Complete trials that hold all constraints.'),
    baseline: ModelMetrics.nullable().describe('Figures of the input model, once a trial has measured them.'),
    verification: z
      .array(Verification)
      .describe(
        'The best trials measured on what the search did not see, where the document asks for it; the last one is the answer.',
      ),
    survey: SweepSurvey.nullable()
      .default(null)
      .describe('What the model of the space rests on, where the sampler begins with one; null until it is decided.'),
    lastEventId: z
      .int()
      .default(0)
      .describe('Of its newest event: sent as Last-Event-ID, its stream goes on behind what this answer tells.'),
    searchedSeconds: z.number().describe('Time that it ran, pauses left out.'),
    reason: z.string().nullable().describe('Why it ended, or why it waits.'),
    error: Failure.nullable(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Sweep' });
export type Sweep = z.infer<typeof Sweep>;

/** A sweep as lists show it. */
export const SweepItem = Sweep.pick({
  id: true,
  name: true,
  title: true,
  state: true,
  modelId: true,
  datasetId: true,
  objectives: true,
  counts: true,
  feasible: true,
  reason: true,
  createdAt: true,
  finishedAt: true,
})
  .extend({
    trials: z.int().nullable().describe('Limit on the number of trials.'),
  })
  .meta({ id: 'SweepItem' });
export type SweepItem = z.infer<typeof SweepItem>;

export const SweepQuery = PageQuery.extend({
  state: SweepState.optional(),
  model: Digest.optional(),
  q: z.string().max(200).optional().describe('A part of the name, in any case.'),
});
export type SweepQuery = z.infer<typeof SweepQuery>;

/**
 * Asks for the smallest model that holds these bounds, and nothing else: space, sampler and budget follow from the
 * model and the data.
 */
export const PressSubmission = z
  .strictObject({
    name: z.string().max(200).optional(),
    model: Digest,
    dataset: Digest,
    maxDrop: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('Largest loss of the share of right answers, or of what else the labels are judged by.'),
    maxBytes: z.int().min(1).optional().describe('Largest size on disk.'),
    maxMs: z
      .number()
      .positive()
      .optional()
      .describe('Largest 95th percentile of latency, on the device; without one on the worker’s machine.'),
    device: DeviceName.optional().describe('The device by its name, which measures every trial for some seconds.'),
    minutes: SweepLimits.shape.minutes.default(60),
    seed: SweepDocument.shape.seed,
  })
  .meta({ id: 'PressSubmission' });
export type PressSubmission = z.infer<typeof PressSubmission>;

/** A change of a sweep, also of one that runs or has ended: more trials or time, another parallelism, a wider space. */
export const SweepChange = z
  .strictObject({
    trials: SweepLimits.shape.trials.describe('Trials in all, those that were begun included.'),
    minutes: SweepLimits.shape.minutes.describe('Minutes of searching in all.'),
    parallel: z.int().min(1).max(256).optional().describe('Trials that run at a time; those that run go on.'),
    sweep: z
      .union([z.record(z.string(), z.unknown()), z.string()])
      .optional()
      .describe(
        'The document anew, with other ranges: trials that the new space holds are learned from, the others stay in the results.',
      ),
  })
  .meta({ id: 'SweepChange' });
export type SweepChange = z.infer<typeof SweepChange>;

/** What a model of the space foresaw of a trial, and what was measured. */
export const ForeseenTrial = z.object({
  number: z.int(),
  bytes: z.object({ foreseen: z.number(), measured: z.number() }).nullable(),
  outputSnrDb: z
    .object({ foreseen: z.number().nullable(), measured: z.number().nullable() })
    .nullable()
    .describe('dB, null where outputs are identical; the pair is null where it was not measured, or the trial trains.'),
});
export type ForeseenTrial = z.infer<typeof ForeseenTrial>;

/** How far a model of the space was right. */
export const SpaceReport = z
  .object({
    jobId: z.uuid().describe('The job that measured what the model rests on.'),
    trials: z.array(ForeseenTrial).describe('Complete trials that it tells something of.'),
    bytesError: z
      .object({ median: z.number(), worst: z.number() })
      .nullable()
      .describe('Difference between foreseen and measured bytes, as a share of the measured.'),
    snrErrorDb: z
      .object({ median: z.number(), worst: z.number() })
      .nullable()
      .describe('Difference between foreseen and measured signal to noise of the outputs, dB.'),
  })
  .meta({ id: 'SpaceReport' });
export type SpaceReport = z.infer<typeof SpaceReport>;

/** What a sweep has found so far. Trials are told by their numbers. */
export const SweepResults = z
  .object({
    objectives: Sweep.shape.objectives,
    front: z
      .array(Trial)
      .describe(
        'Feasible trials that no other feasible one dominates, one for each model, best in the first objective first.',
      ),
    nearest: z.array(Trial).describe('Trials nearest to feasible, at most ten, where no trial is feasible.'),
    best: z
      .array(z.object({ metric: z.string(), direction: Direction, number: z.int() }))
      .describe('For each objective the feasible trial that is best in it.'),
    bestUnder: z
      .array(z.object({ constraint: RecipeGate, holding: z.int(), number: z.int().nullable() }))
      .describe(
        'For each constraint alone: how many complete trials hold it, and which of these is best in the first objective.',
      ),
    reference: z
      .array(z.number())
      .nullable()
      .describe('The corner that hypervolumes reach to: a tenth beyond the worst figure of each objective.'),
    hypervolume: z
      .array(z.object({ trials: z.int(), seconds: z.number(), hypervolume: z.number() }))
      .describe(
        'After each trial that ended and added something, and last: trials ended, seconds since the start, volume of the feasible figures up to the reference, as a share of the box between the best and the reference.',
      ),
    importance: z
      .array(z.object({ metric: z.string(), shares: z.record(z.string(), z.number()) }))
      .describe(
        'How much each parameter decides whether a trial is among the best tenth in an objective, as shares of 1 (PED-ANOVA); empty below ten complete trials.',
      ),
    model: SpaceReport.optional().describe('Where the search began with a model of the space: how far it was right.'),
    same: z
      .array(z.object({ modelDigest: Digest, numbers: z.array(z.int()) }))
      .describe('Trials that came to the same model.'),
  })
  .meta({ id: 'SweepResults' });
export type SweepResults = z.infer<typeof SweepResults>;

import { z } from 'zod';
import { deviceFigureName, DeviceReference } from '../devices/device-gate.js';
import { GateMetric, RecipeGate, RecipeStep } from '../recipe.js';
import { Range, When } from './ranges.js';

/**
 * A step of a sweep: a step of a recipe of which any option, at any depth, may be a range, `$NAME` or
 * `{ sameAs: NAME }`.
 */
export const SweepStep = z.strictObject({
  pass: z.string().min(1),
  name: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,39}$/, 'a letter, then at most 39 letters, digits, dashes and underscores')
    .optional()
    .describe('Begins the names of its parameters; by default the pass, with 2, 3, … where it stands again.'),
  optional: z
    .boolean()
    .default(false)
    .describe('Tried without the step as well: a parameter that has its name is false or true.'),
  when: When.optional(),
  gates: RecipeStep.shape.gates,
  options: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      'As in a recipe; a range in the place of a value is searched. "$NAME" and { sameAs: NAME } repeat a parameter; { literal: … } takes a value as it stands, and "$$" begins a text with a dollar.',
    ),
});
export type SweepStep = z.infer<typeof SweepStep>;

export const Direction = z.enum(['minimize', 'maximize']);
export type Direction = z.infer<typeof Direction>;

const direction = Direction.optional().describe('By default what is better for the metric.');

/** A figure of the model, or, with `device`, one that a device measures. */
export const SweepObjective = z
  .union([z.strictObject({ metric: GateMetric, direction }), DeviceReference.safeExtend({ direction })])
  .meta({ id: 'Objective' });
export type SweepObjective = z.infer<typeof SweepObjective>;

/** What an objective is called: `top1`, `p95Ms on pi`. */
export const objectiveName = (objective: SweepObjective): string =>
  'device' in objective ? deviceFigureName(objective) : objective.metric;

const haveOwnMetrics = (objectives: readonly SweepObjective[]): boolean =>
  new Set(objectives.map(objectiveName)).size === objectives.length;

export const SamplerName = z.enum(['auto', 'grid', 'random', 'sobol', 'tpe', 'nsga2', 'gp', 'model']);
export type SamplerName = z.infer<typeof SamplerName>;

export const SweepLimits = z
  .strictObject({
    trials: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('Trials in all; by default every assignment of a space of at most 1,000, else 60.'),
    minutes: z
      .number()
      .positive()
      .max(525_600)
      .optional()
      .describe('After so many minutes of searching no trial is begun; pauses do not count.'),
    parallel: z.int().min(1).max(256).default(2).describe('Trials that run at a time.'),
  })
  .meta({ id: 'SweepLimits' });
export type SweepLimits = z.infer<typeof SweepLimits>;

export const StoppingRule = z
  .strictObject({
    rule: z
      .enum(['median', 'asha'])
      .describe('Worse than the median of the others at the same step, or not among the best third at a rung.'),
    value: z
      .string()
      .min(1)
      .max(40)
      .default('loss')
      .describe('Figure of the training curve that is compared, the lower the better.'),
    from: z.number().min(0).default(1).describe('First step, mostly an epoch, at which a trial may end.'),
  })
  .meta({ id: 'StoppingRule' });
export type StoppingRule = z.infer<typeof StoppingRule>;

export const SweepDocument = z
  .strictObject({
    name: z.string().max(200).optional(),
    seed: z
      .int()
      .min(0)
      .max(0x7fffffff)
      .default(0)
      .describe('Decides what is asked, and every random choice within a trial.'),
    passes: z.array(SweepStep).min(1).max(50),
    parameters: z
      .record(z.string().max(80), Range)
      .default({})
      .describe('Parameters that several options repeat as "$NAME"; one that none repeats is refused.'),
    orders: z
      .array(z.array(z.string()).min(1).max(50))
      .min(1)
      .max(120)
      .optional()
      .describe('Orders of the steps, by their names, that are tried; by default the one that they stand in.'),
    objectives: z
      .array(SweepObjective)
      .min(1)
      .max(3)
      .refine(haveOwnMetrics, 'two objectives are of the same metric: leave one out')
      .describe('What is made as low or high as can be, all at once.'),
    constraints: z
      .array(RecipeGate)
      .max(20)
      .default([])
      .describe('What a trial must hold to count: bounds on figures as gates of a recipe have them.'),
    limits: SweepLimits.prefault({}),
    sampler: SamplerName.default('auto').describe(
      'How the next trial is chosen. grid takes every assignment in order; model begins with what sensitivities of layers and channels foresee, which it measures once where they are not stored; auto takes the grid where it fits the limit, else model where something is known, then a Gaussian process and later a Parzen estimator.',
    ),
    verify: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'Options of evaluate, such as skip, by which the best trial is measured once more when the search ends, on samples that it did not see: at most three trials, until one holds the constraints there.',
      ),
    warmStart: z
      .array(z.uuid())
      .max(20)
      .optional()
      .describe(
        'Earlier sweeps and jobs on the same model and data, by their ids: what of them this space holds counts as tried, and is no part of the limit on trials.',
      ),
    stopping: StoppingRule.optional().describe('Ends trials early whose training falls behind; without it none is.'),
  })
  .meta({ id: 'SweepDocument' });
export type SweepDocument = z.infer<typeof SweepDocument>;

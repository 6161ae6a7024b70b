import { z } from 'zod';
import { DeviceGate } from './devices/device-gate.js';
import { METRIC_NAMES } from './metric-table.js';
import { CustomMetric } from './passes/custom-metric.js';

/** The bounds that a gate may have. */
const BOUNDS = ['min', 'max', 'maxDrop', 'maxRise', 'maxRatio'] as const;

export const GateMetric = z.enum(METRIC_NAMES);

const absolute = {
  min: z.number().optional().describe('Lowest value allowed.'),
  max: z.number().optional().describe('Highest value allowed.'),
  maxDrop: z.number().optional().describe('At most so much below the baseline, in the unit of the metric.'),
  maxRise: z.number().optional().describe('At most so much above the baseline, where lower is better.'),
};
const judging = {
  confidence: z
    .number()
    .min(0.5)
    .max(0.999)
    .optional()
    .describe(
      'Judge a figure of quality by its interval at this level, which evaluate must be told as well where it is not its ' +
        'default: the gate fails only where the whole interval is beyond the limit.',
    ),
  onFail: z.enum(['fail', 'warn']).optional().describe('A gate that only warns fails nothing; by default it fails.'),
};

/** A condition that a model must meet, in absolute terms or against the baseline. */
export const Gate = z
  .strictObject({
    metric: GateMetric,
    ...absolute,
    maxRatio: z
      .number()
      .positive()
      .optional()
      .describe(
        'At most so many times the baseline; of latencyMsP50 by the interval of the ratio, so that noise alone fails no gate.',
      ),
    ...judging,
  })
  .refine((gate) => BOUNDS.some((bound) => gate[bound] !== undefined), {
    message: 'a gate needs min, max, maxDrop, maxRise or maxRatio',
  })
  .meta({ id: 'Gate' });
export type Gate = z.infer<typeof Gate>;

/** A condition on a figure that a module of the recipe computes. */
export const CustomGate = z
  .strictObject({
    custom: CustomMetric.shape.name.describe('The figure, as evaluate calls it in its option custom.'),
    ...absolute,
    ...judging,
  })
  .refine((gate) => BOUNDS.some((bound) => bound !== 'maxRatio' && gate[bound] !== undefined), {
    message: 'a gate over a figure of your own needs min, max, maxDrop or maxRise',
  })
  .meta({ id: 'CustomGate' });
export type CustomGate = z.infer<typeof CustomGate>;

/** A condition of a recipe: on a figure of the model, on one of a device, or on one of your own. */
export const RecipeGate = z.union([Gate, DeviceGate, CustomGate]).meta({ id: 'RecipeGate' });
export type RecipeGate = z.infer<typeof RecipeGate>;

/** A step of a recipe; options are checked against the pass's own schema in libs/pipeline. */
export const RecipeStep = z.strictObject({
  pass: z.string().min(1),
  options: z.record(z.string(), z.unknown()).default({}),
  gates: z
    .array(RecipeGate)
    .max(50)
    .optional()
    .describe('Conditions on what this step makes or measures; one that fails stops the job.'),
});
export type RecipeStep = z.infer<typeof RecipeStep>;

export const Recipe = z
  .strictObject({
    name: z.string().max(200).optional(),
    seed: z.int().min(0).max(0x7fffffff).default(0).describe('Decides every random choice of the job.'),
    passes: z.array(RecipeStep).min(1).max(50),
    gates: z.array(RecipeGate).max(50).default([]),
    fresh: z
      .boolean()
      .optional()
      .describe('Compute every stage anew, whatever results are known: to prove that they come out again.'),
  })
  .meta({ id: 'Recipe' });
export type Recipe = z.infer<typeof Recipe>;

export const GateVerdict = z
  .object({
    gate: RecipeGate,
    passed: z.boolean(),
    value: z.number().nullable(),
    baseline: z.number().nullable(),
    explanation: z.string(),
    stage: z.int().min(0).optional().describe('The stage whose gate it is; absent for a gate of the job.'),
  })
  .meta({ id: 'GateVerdict' });
export type GateVerdict = z.infer<typeof GateVerdict>;

/** Whether a verdict lets a job pass: a gate that only warns does. */
export function lets({ passed, gate }: GateVerdict): boolean {
  return passed || gate.onFail === 'warn';
}

/** Characters of a title. */
const TITLE_LENGTH = 160;

/** A recipe in a line, by what it asks for: "quantize bits 4 → prune ratio 0.5". */
export function recipeTitle({ passes }: Pick<Recipe, 'passes'>): string {
  const option = ([name, value]: [string, unknown]) => {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return `${name} ${text}`;
  };
  const words = passes.map(({ pass, options }) => [pass, ...Object.entries(options ?? {}).map(option)]);
  const title = words.map((step) => step.join(' ')).join(' → ');
  return title.length > TITLE_LENGTH ? `${title.slice(0, TITLE_LENGTH - 1)}…` : title;
}

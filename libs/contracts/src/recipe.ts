import { z } from 'zod';
import { METRIC_NAMES } from './metric-table.js';

/** A step of a recipe; options are checked against the pass's own schema in libs/pipeline. */
export const RecipeStep = z.strictObject({
  pass: z.string().min(1),
  options: z.record(z.string(), z.unknown()).default({}),
});
export type RecipeStep = z.infer<typeof RecipeStep>;

export const GateMetric = z.enum(METRIC_NAMES);

/** A condition that the final model must meet, in absolute terms or against the baseline. */
export const Gate = z
  .strictObject({
    metric: GateMetric,
    min: z.number().optional().describe('Lowest value allowed.'),
    max: z.number().optional().describe('Highest value allowed.'),
    maxDrop: z.number().optional().describe('At most so much below the baseline, in the unit of the metric.'),
    maxRatio: z
      .number()
      .positive()
      .optional()
      .describe(
        'At most so many times the baseline; of latencyMsP50 by the interval of the ratio, so that noise alone fails no gate.',
      ),
  })
  .refine((gate) => [gate.min, gate.max, gate.maxDrop, gate.maxRatio].some((bound) => bound !== undefined), {
    message: 'a gate needs min, max, maxDrop or maxRatio',
  })
  .meta({ id: 'Gate' });
export type Gate = z.infer<typeof Gate>;

export const Recipe = z
  .strictObject({
    name: z.string().max(200).optional(),
    seed: z.int().min(0).max(0x7fffffff).default(0).describe('Decides every random choice of the job.'),
    passes: z.array(RecipeStep).min(1).max(50),
    gates: z.array(Gate).max(50).default([]),
  })
  .meta({ id: 'Recipe' });
export type Recipe = z.infer<typeof Recipe>;

export const GateVerdict = z
  .object({
    gate: Gate,
    passed: z.boolean(),
    value: z.number().nullable(),
    baseline: z.number().nullable(),
    explanation: z.string(),
  })
  .meta({ id: 'GateVerdict' });
export type GateVerdict = z.infer<typeof GateVerdict>;

/** Characters of a title. */
const TITLE_LENGTH = 160;

/** A recipe in a line, by what it asks for: "quantize bits 4 → prune ratio 0.5". */
export function recipeTitle({ passes }: Pick<Recipe, 'passes'>): string {
  const option = ([name, value]: [string, unknown]) =>
    `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
  const title = passes
    .map(({ pass, options }) => [pass, ...Object.entries(options ?? {}).map(option)].join(' '))
    .join(' → ');
  return title.length > TITLE_LENGTH ? `${title.slice(0, TITLE_LENGTH - 1)}…` : title;
}

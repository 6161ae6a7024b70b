import { z } from 'zod';

/** What a parameter of a sweep is set to. A choice among lists or objects is told as their canonical JSON. */
export const ParameterValue = z.union([z.number(), z.string(), z.boolean()]);
export type ParameterValue = z.infer<typeof ParameterValue>;

/** Values by parameter; a parameter that does not exist under the others is absent. */
export const Assignment = z.record(z.string(), ParameterValue).meta({ id: 'Assignment' });
export type Assignment = z.infer<typeof Assignment>;

/** Most values that one range lists. */
const MAX_VALUES = 1000;

export const When = z
  .record(z.string(), z.union([ParameterValue, z.array(ParameterValue).min(1).max(MAX_VALUES)]))
  .describe('Names of parameters that stand before it, each with the value, or the values, under which this exists.');
export type When = z.infer<typeof When>;

const COMMON = {
  name: z
    .string()
    .regex(/^[A-Za-z][\w.-]{0,79}$/, 'a letter, then at most 79 letters, digits, dots, dashes and underscores')
    .optional()
    .describe('Name of the parameter; by default the step and the option, such as prune.ratio.'),
  when: When.optional(),
  each: z
    .boolean()
    .optional()
    .describe(
      'In layerBits, layerActivationBits and layerLimits: a parameter for each layer of the model that the key of this range fits, instead of one for all of them.',
    ),
};

function isStorable(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isStorable);
}

/** YAML writes NaN and Infinity, which no JSON holds: they would come back as null. */
const RangeValue = z.unknown().refine(isStorable, 'NaN and Infinity are no values: give a finite number');

const GridRange = z.strictObject({
  grid: z.array(RangeValue).min(1).max(MAX_VALUES).describe('Values in order: neighbours are taken to act alike.'),
  ...COMMON,
});
const ChoiceRange = z.strictObject({
  choice: z.array(RangeValue).min(1).max(MAX_VALUES).describe('Values without an order.'),
  ...COMMON,
});
const SpanRange = z.strictObject({
  min: z.number(),
  max: z.number(),
  step: z.number().positive().optional().describe('Counts from min; any number between the ends without it.'),
  ...COMMON,
});
const LogRange = z.strictObject({
  logUniform: z
    .strictObject({ min: z.number().positive(), max: z.number().positive() })
    .describe('Any number between the ends, spread evenly over magnitudes.'),
  ...COMMON,
});

/** How a range is written. */
export const RANGE_FORMS = '{ grid: […] }, { choice: […] }, { min, max, step } or { logUniform: { min, max } }';

/** The values that an option may take in a sweep. */
export const Range = z.union([GridRange, ChoiceRange, SpanRange, LogRange], { error: `expected ${RANGE_FORMS}` });
export type Range = z.infer<typeof Range>;

/** The schema of the kind of range that a value means to be; null for one that is an option as it stands. */
export function rangeSchemaOf(value: unknown): z.ZodType<Range> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const has = (key: string) => Object.hasOwn(value, key);
  if (has('grid')) return GridRange;
  if (has('choice')) return ChoiceRange;
  if (has('logUniform')) return LogRange;
  // A known range of an activation names its value besides.
  return has('min') && has('max') && !has('value') ? SpanRange : null;
}

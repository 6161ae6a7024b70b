import { z } from 'zod';
import { METRIC_NAMES, METRICS, type MetricFacts, type MetricName, type MetricUnit } from './metric-table.js';

type Facts<N extends MetricName> = (typeof METRICS)[N];
type FigureSchema<N extends MetricName> = Facts<N>['unit'] extends 'dB' ? z.ZodNullable<z.ZodNumber> : z.ZodNumber;
type Schemas = {
  [N in MetricName]: Facts<N> extends { always: true } ? FigureSchema<N> : z.ZodOptional<FigureSchema<N>>;
};

/** Ratios of signal to noise are null where there is no noise. */
const BY_UNIT: Record<MetricUnit, z.ZodType> = {
  bytes: z.number().int(),
  bits: z.number().int(),
  count: z.number().int(),
  share: z.number().min(0).max(1),
  rate: z.number().min(0),
  number: z.number(),
  perHour: z.number().min(0),
  dB: z.number().nullable(),
  ms: z.number(),
};

function schemaOf(name: MetricName): z.ZodType {
  const { unit, label, always, description }: MetricFacts = METRICS[name];
  const sentence = `${label.charAt(0).toUpperCase()}${label.slice(1)}.`;
  const schema = BY_UNIT[unit].describe(description ?? sentence);
  return always ? schema : schema.optional();
}

/** What may be said of a model's speed: nothing where noise may have made the difference. */
export const SpeedVerdict = z.enum(['faster', 'slower', 'equal', 'inconclusive']);
export type SpeedVerdict = z.infer<typeof SpeedVerdict>;

/** A model's latency over the baseline's, from runs side by side, with what noise leaves of it. */
export const LatencyRatio = z
  .strictObject({
    ratio: z
      .number()
      .positive()
      .describe(
        'Median over neighbouring runs of the time of this model over that of the baseline: 0.5 takes half as long.',
      ),
    low: z.number().nullable().describe('Lower end of its interval; null where too few runs were timed.'),
    high: z.number().nullable().describe('Upper end of its interval.'),
    confidence: z.number().min(0).max(1).describe('Chance that the intervals of all models of the job hold the truth.'),
    equalWithin: z.number().min(0).describe('Share within which latencies count as equal.'),
    verdict: SpeedVerdict,
    reason: z.string().nullable().describe('Why it is inconclusive.'),
  })
  .meta({ id: 'LatencyRatio' });
export type LatencyRatio = z.infer<typeof LatencyRatio>;

/** A figure's distance from the baseline's on the same samples. */
export const QualityChange = z
  .strictObject({
    difference: z.number().describe("This model's figure less the baseline's."),
    low: z.number().describe('Lower end of its interval.'),
    high: z.number().describe('Upper end of its interval.'),
    pValue: z.number().min(0).max(1).describe('Chance of such a difference, or a larger one, between equal models.'),
    test: z.enum(['mcnemar', 'paired bootstrap']),
  })
  .meta({ id: 'QualityChange' });
export type QualityChange = z.infer<typeof QualityChange>;

/** What the number of samples leaves open about a figure of quality. */
export const QualityInterval = z
  .strictObject({
    low: z.number(),
    high: z.number(),
    confidence: z.number().min(0).max(1).describe('Chance that the interval holds the true value.'),
    method: z.enum(['wilson', 'bootstrap']),
    samples: z.int().describe('Samples that the figure is of.'),
    change: QualityChange.optional().describe('Against the baseline; absent of the baseline itself.'),
  })
  .meta({ id: 'QualityInterval' });
export type QualityInterval = z.infer<typeof QualityInterval>;

/**
 * The figures of one model; accuracy and latency are absent until an evaluate pass has measured them. A figure that the
 * table lacks is refused.
 */
export const ModelMetrics = z
  .strictObject({
    ...(Object.fromEntries(METRIC_NAMES.map((name) => [name, schemaOf(name)])) as Schemas),
    intervals: z
      .partialRecord(z.enum(METRIC_NAMES), QualityInterval)
      .optional()
      .describe('Of each figure of quality: its interval, and its distance from the baseline.'),
    custom: z
      .record(z.string(), z.strictObject({ value: z.number(), interval: QualityInterval.optional() }))
      .optional()
      .describe('Figures that modules of the recipe computed, by name.'),
    latencyRatio: LatencyRatio.optional().describe('Latency against the baseline.'),
    latencySamplesMs: z.array(z.number()).optional().describe('Raw latencies, warm-up left out.'),
  })
  .meta({ id: 'ModelMetrics' });
export type ModelMetrics = z.infer<typeof ModelMetrics>;

/**
 * A stage's figures. The transfer size follows within moments of its end, and before that of its job: later stages do
 * not wait for it.
 */
export const StageMetrics = ModelMetrics.partial({ compressedBytes: true }).meta({ id: 'StageMetrics' });
export type StageMetrics = z.infer<typeof StageMetrics>;

/** Something a pass looked at and left alone. */
export const Skipped = z
  .object({ node: z.string(), opType: z.string().optional(), reason: z.string() })
  .meta({ id: 'Skipped' });
export type Skipped = z.infer<typeof Skipped>;

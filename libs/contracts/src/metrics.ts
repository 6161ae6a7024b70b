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
  dB: z.number().nullable(),
  ms: z.number(),
};

function schemaOf(name: MetricName): z.ZodType {
  const { unit, label, always, description }: MetricFacts = METRICS[name];
  const schema = BY_UNIT[unit].describe(description ?? `${label.charAt(0).toUpperCase()}${label.slice(1)}.`);
  return always ? schema : schema.optional();
}

/** The figures of one model; accuracy and latency are absent until an evaluate pass has measured them. A figure that the table lacks is refused. */
export const ModelMetrics = z
  .strictObject({
    ...(Object.fromEntries(METRIC_NAMES.map((name) => [name, schemaOf(name)])) as Schemas),
    latencySamplesMs: z.array(z.number()).optional().describe('Raw latencies, warm-up left out.'),
  })
  .meta({ id: 'ModelMetrics' });
export type ModelMetrics = z.infer<typeof ModelMetrics>;

/** A stage's figures. The transfer size follows within moments of its end, and before that of its job: later stages do not wait for it. */
export const StageMetrics = ModelMetrics.partial({ compressedBytes: true }).meta({ id: 'StageMetrics' });
export type StageMetrics = z.infer<typeof StageMetrics>;

/** Something a pass looked at and left alone. */
export const Skipped = z
  .object({ node: z.string(), opType: z.string().optional(), reason: z.string() })
  .meta({ id: 'Skipped' });
export type Skipped = z.infer<typeof Skipped>;

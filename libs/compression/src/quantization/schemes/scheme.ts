import type { QuantizeOptions } from '#contracts';
import type { Plan, SelectForScheme } from '../layers/plan.js';
import type { SchemeReport } from '../report.js';
import type { BatchesOf, QuantizationRun } from '../run.js';

/** A way to store a model in fewer bits. To add one: its file, its line in schemes.ts, its name in the options. */
export interface Scheme {
  /** What the scheme takes of a graph; null for a scheme of tensors, which looks at no operator. */
  select: SelectForScheme | null;
  /** Changes the plan's model in place; `batches` is null where the job has no data set. */
  apply(plan: Plan, options: QuantizeOptions, batches: BatchesOf | null, run: QuantizationRun): Promise<SchemeReport>;
}

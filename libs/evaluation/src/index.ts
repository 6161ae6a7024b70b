export { decibels } from './decibels.js';
export { CustomMetricRun } from './custom-metric.js';
export * from './errors.js';
export { measureLatency, summarizeLatency, type LatencyOptions, type LatencySubject } from './latency.js';
export { outputSnrDb } from './output-snr.js';
export { bootstrapInterval, resamplesOf } from './intervals/bootstrap.js';
export type { Interval } from './intervals/wilson.js';
export type { IntervalSettings } from './quality.js';
export { taskProblem } from './task-scoring.js';
export { isReadAlike } from './tasks/read-output.js';
export type { TaskSettings } from './tasks/task.js';
export { modelFigures, modelMetrics } from './model-metrics.js';
export { linePlot, type LinePlot, type PlotSeries } from './line-plot.js';
export {
  combinedSnrDb,
  OutputComparison,
  POOR_SNR_DB,
  poorestOutput,
  worstOutput,
  type OutputQuality,
} from './output-quality.js';
export { describeSpeedup, percentile, speedupSign, type Speedup } from '#measurement';
export {
  evaluateModels,
  scoreModels,
  type LabelledBatch,
  type ScoreResult,
  type Scores,
  type ScoreSettings,
} from './scores.js';
export { compressedBytesQuietly } from './quiet-size.js';
export { measureSpeedup, type SpeedupOptions } from './speedup.js';
export { brotliQuality, compressedBytes } from './size.js';
export { weightBits } from './weight-bits.js';

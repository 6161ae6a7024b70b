export * from './errors.js';
export { measureLatency, summarizeLatency, type LatencyOptions, type LatencySubject } from './latency.js';
export { METRICS, outputSnrDb, rankOf, topK, type Accumulator, type MetricName, type ScoredBatch } from './metrics.js';
export { modelMetrics } from './model-metrics.js';
export { linePlot, type LinePlot, type PlotSeries } from './line-plot.js';
export { percentile } from './percentile.js';
export { scoreModels, type LabelledBatch, type ScoreResult, type Scores } from './scores.js';
export { brotliQuality, compressedBytes } from './size.js';
export { weightBits } from './weight-bits.js';

import type { TaskName } from './tasks.js';

/**
 * What a figure counts, and so how it is written. A share lies in 0..1, a rate is one that may exceed 1, a number is in
 * the unit of the labels.
 */
export type MetricUnit = 'bytes' | 'bits' | 'count' | 'share' | 'rate' | 'number' | 'perHour' | 'dB' | 'ms';

/**
 * Where a figure comes from: the file after every stage, or in `evaluate` labels, outputs, single output channels and
 * the clock.
 */
export type MetricSource = 'file' | 'labels' | 'outputs' | 'channels' | 'clock';

export interface MetricFacts {
  /** Heading of a column. */
  title: string;
  /** Subject of a sentence. */
  label: string;
  unit: MetricUnit;
  better: 'higher' | 'lower';
  source: MetricSource;
  /** The task that it is a figure of; absent where it is of any. */
  task?: TaskName;
  /** Every model has it. */
  always?: true;
  /** Left out of a table that has little room. */
  detail?: true;
  /** What the label leaves open. */
  description?: string;
}

/**
 * Every figure of a model: the schemas of answers (metrics.ts), what gates may name, the columns of reports, page and
 * command line, and the accumulators of evaluation follow from it. To add one, add its line here, and to
 * libs/evaluation what measures it.
 */
export const METRICS = {
  top1: {
    title: 'top-1',
    label: 'top-1 accuracy',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'classification',
  },
  top5: {
    title: 'top-5',
    label: 'top-5 accuracy',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'classification',
    detail: true,
  },
  macroF1: {
    title: 'macro F1',
    label: 'F1 score, mean over classes',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'classification',
    detail: true,
  },
  auroc: {
    title: 'AUROC',
    label: 'area under the ROC curve, mean over classes',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'classification',
    detail: true,
  },
  calibrationError: {
    title: 'ECE',
    label: 'expected calibration error',
    unit: 'share',
    better: 'lower',
    source: 'labels',
    task: 'classification',
    detail: true,
  },
  mae: {
    title: 'MAE',
    label: 'mean absolute error',
    unit: 'number',
    better: 'lower',
    source: 'labels',
    task: 'regression',
  },
  rmse: {
    title: 'RMSE',
    label: 'root mean square error',
    unit: 'number',
    better: 'lower',
    source: 'labels',
    task: 'regression',
    detail: true,
  },
  map50: {
    title: 'mAP 0.5',
    label: 'mean average precision at IoU 0.5',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'detection',
    detail: true,
  },
  map: {
    title: 'mAP 0.5:0.95',
    label: 'mean average precision over IoU 0.5 to 0.95',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'detection',
  },
  miou: {
    title: 'mIoU',
    label: 'intersection over union, mean over classes',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'segmentation',
  },
  cer: {
    title: 'CER',
    label: 'symbol error rate',
    unit: 'rate',
    better: 'lower',
    source: 'labels',
    task: 'sequence',
    description: 'Edits over symbols of the labels: the character error rate where a symbol is a character.',
  },
  editDistance: {
    title: 'edits',
    label: 'edit distance, mean of a sample',
    unit: 'number',
    better: 'lower',
    source: 'labels',
    task: 'sequence',
    detail: true,
  },
  recallAt1: {
    title: 'recall@1',
    label: 'share of samples whose nearest other sample is of the same class',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'embedding',
  },
  recallAt5: {
    title: 'recall@5',
    label: 'share of samples with one of the same class among the five nearest',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'embedding',
    detail: true,
  },
  eer: {
    title: 'EER',
    label: 'equal error rate of verification',
    unit: 'share',
    better: 'lower',
    source: 'labels',
    task: 'embedding',
  },
  falseAcceptsPerHour: {
    title: 'false accepts',
    label: 'number of false accepts per hour',
    unit: 'perHour',
    better: 'lower',
    source: 'labels',
    task: 'wakeWord',
  },
  falseRejects: {
    title: 'false rejects',
    label: 'share of wake words that are not heard',
    unit: 'share',
    better: 'lower',
    source: 'labels',
    task: 'wakeWord',
  },
  anomalyAuc: {
    title: 'anomaly AUC',
    label: 'area under the ROC curve of anomalies',
    unit: 'share',
    better: 'higher',
    source: 'labels',
    task: 'anomaly',
  },
  agreement: {
    title: 'agreement',
    label: 'share of samples on which the answer is that of the baseline',
    unit: 'share',
    better: 'higher',
    source: 'outputs',
  },
  cosine: {
    title: 'cosine',
    label: "cosine of the embedding to the baseline's, mean of the samples",
    unit: 'number',
    better: 'higher',
    source: 'outputs',
    task: 'embedding',
  },
  outputSnrDb: {
    title: 'SNR',
    label: 'output signal-to-noise ratio',
    unit: 'dB',
    better: 'higher',
    source: 'outputs',
    description:
      'Signal to noise of the outputs against the baseline, their shares of noise averaged, dB; null when they are identical.',
  },
  worstSnrDb: {
    title: 'worst channel',
    label: 'signal-to-noise ratio of the worst output channel',
    unit: 'dB',
    better: 'higher',
    source: 'channels',
    description:
      'The least signal to noise that an output or one of its channels keeps, in its own units, dB; null when all are identical.',
    detail: true,
  },
  bytes: {
    title: 'on disk',
    label: 'size on disk in bytes',
    unit: 'bytes',
    better: 'lower',
    source: 'file',
    always: true,
  },
  compressedBytes: {
    title: 'compressed',
    label: 'size for transfer in bytes',
    unit: 'bytes',
    better: 'lower',
    source: 'file',
    always: true,
    description: 'Bytes for transfer, compressed with brotli.',
    detail: true,
  },
  formatBits: {
    title: 'in format',
    label: 'bits of the weights in their format',
    unit: 'bits',
    better: 'lower',
    source: 'file',
    detail: true,
  },
  parameters: {
    title: 'parameters',
    label: 'number of parameters',
    unit: 'count',
    better: 'lower',
    source: 'file',
    always: true,
  },
  nonZeros: {
    title: 'non-zeros',
    label: 'number of non-zero parameters',
    unit: 'count',
    better: 'lower',
    source: 'file',
    always: true,
  },
  latencyMsP50: { title: 'p50', label: 'median latency', unit: 'ms', better: 'lower', source: 'clock' },
  latencyMsP95: {
    title: 'p95',
    label: '95th percentile of latency',
    unit: 'ms',
    better: 'lower',
    source: 'clock',
    detail: true,
  },
} as const satisfies Record<string, MetricFacts>;

export type MetricName = keyof typeof METRICS;
/** The metrics that labels decide for a task, and those of a task that compare it with the baseline. */
export type MetricsOf<T extends TaskName> = {
  [N in MetricName]: (typeof METRICS)[N] extends { task: T } ? N : never;
}[MetricName];
/** The metrics of some sources. */
export type MetricsFrom<S extends MetricSource> = {
  [N in MetricName]: (typeof METRICS)[N]['source'] extends S ? N : never;
}[MetricName];

/** Every metric, in the order in which columns show them. */
export const METRIC_NAMES = Object.keys(METRICS) as [MetricName, ...MetricName[]];

/** A metric's name as that of the table, where it is one. */
export const asMetric = (metric: string): MetricName | undefined =>
  Object.hasOwn(METRICS, metric) ? (metric as MetricName) : undefined;

/** The metrics of a table that has little room. */
export const MAIN_METRICS: readonly MetricName[] = METRIC_NAMES.filter((name) => !metricFacts(name).detail);

/** What the table says of a metric. */
export function metricFacts(name: MetricName): MetricFacts {
  return METRICS[name];
}

import type { Gate, ModelMetrics } from '#contracts';

type GateMetricName = Gate['metric'];

interface MetricFacts {
  label: string;
  /** Measured after every stage, or by the evaluate pass alone. */
  measuredBy: 'every stage' | 'evaluate';
  /** Needs a data set with labels. */
  needsLabels?: boolean;
  format(value: number): string;
}

const count = (value: number) => Math.round(value).toLocaleString('en-US');
const percent = (value: number) => `${(value * 100).toFixed(2)} %`;
const milliseconds = (value: number) => `${value.toPrecision(3)} ms`;
const decibels = (value: number) => `${value.toFixed(1)} dB`;

/** What there is to say about each metric that a gate may name. */
export const METRICS: Record<GateMetricName & keyof ModelMetrics, MetricFacts> = {
  bytes: { label: 'size on disk in bytes', measuredBy: 'every stage', format: count },
  compressedBytes: { label: 'size for transfer in bytes', measuredBy: 'every stage', format: count },
  formatBits: { label: 'bits of the weights in their format', measuredBy: 'every stage', format: count },
  parameters: { label: 'number of parameters', measuredBy: 'every stage', format: count },
  nonZeros: { label: 'number of non-zero parameters', measuredBy: 'every stage', format: count },
  top1: { label: 'top-1 accuracy', measuredBy: 'evaluate', needsLabels: true, format: percent },
  top5: { label: 'top-5 accuracy', measuredBy: 'evaluate', needsLabels: true, format: percent },
  outputSnrDb: { label: 'output signal-to-noise ratio', measuredBy: 'evaluate', format: decibels },
  worstSnrDb: { label: 'signal-to-noise ratio of the worst output channel', measuredBy: 'evaluate', format: decibels },
  latencyMsP50: { label: 'median latency', measuredBy: 'evaluate', format: milliseconds },
  latencyMsP95: { label: '95th percentile of latency', measuredBy: 'evaluate', format: milliseconds },
};

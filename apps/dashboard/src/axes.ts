import { type Figures, formatMetric, type MetricName } from '#contracts';

/** A figure by which models are compared. */
export interface Axis {
  /** As the address has it. */
  id: string;
  title: string;
  /** Undefined where nobody measured it; infinite for outputs without any noise. */
  value(metrics: Figures, baseline: Figures): number | undefined;
  /** Ends of its interval, where it has one: figures whose intervals meet are not told apart. */
  interval?(metrics: Figures): readonly [number, number] | undefined;
  format(value: number): string;
  /** Whether two values differ by no more than two measurements of one model may. */
  isSame(a: number, b: number): boolean;
  /** What is taken for equal, in words. */
  noise: string;
}

/** Of a share of right answers, and in decibels. */
const TOP1_NOISE = 0.001;
const SNR_NOISE = 0.1;

const within =
  (noise: number) =>
  (a: number, b: number): boolean =>
    a === b || Math.abs(a - b) <= noise;

const size = (id: string, name: MetricName & ('bytes' | 'compressedBytes'), title: string): Axis => ({
  id,
  title,
  value: (metrics) => metrics[name],
  format: (bytes) => formatMetric(name, bytes),
  isSame: (a, b) => a === b,
  noise: '',
});

/**
 * Costs: less is better. A latency is true of the machine and the hour, so it is given against the original's, measured
 * in turn with it.
 */
export const COSTS: readonly [Axis, ...Axis[]] = [
  size('compressed', 'compressedBytes', 'Compressed'),
  size('disk', 'bytes', 'On disk'),
  {
    id: 'latency',
    title: 'Latency against the original',
    value: latencyRatio,
    interval: latencyInterval,
    format: (ratio) => (Number.isFinite(ratio) ? `× ${ratio.toFixed(2)}` : 'any'),
    isSame: (a, b) => a === b,
    noise: 'latencies whose intervals meet',
  },
];

function latencyRatio(
  { latencyMsP50, latencyRatio: measured }: Figures,
  { latencyMsP50: original }: Figures,
): number | undefined {
  return measured?.ratio ?? (latencyMsP50 !== undefined && original ? latencyMsP50 / original : undefined);
}

function latencyInterval({ latencyRatio: measured }: Figures): readonly [number, number] | undefined {
  if (!measured) return undefined;
  if (measured.verdict === 'equal') return [Math.min(1, measured.low ?? 1), Math.max(1, measured.high ?? 1)];
  return [measured.low ?? 0, measured.high ?? Infinity];
}

/** Quality: more is better. */
export const QUALITIES: readonly [Axis, ...Axis[]] = [
  {
    id: 'top1',
    title: 'Top-1',
    value: ({ top1 }) => top1,
    format: (share) => formatMetric('top1', share),
    isSame: within(TOP1_NOISE + 1e-12),
    noise: 'differences of up to 0.1 points of top-1',
  },
  {
    id: 'snr',
    title: 'Output SNR',
    value: (metrics, baseline) =>
      metrics === baseline || metrics.outputSnrDb === null ? Infinity : metrics.outputSnrDb,
    format: (decibels) => formatMetric('outputSnrDb', Number.isFinite(decibels) ? decibels : null),
    isSame: within(SNR_NOISE),
    noise: 'differences of up to 0.1 dB',
  },
];

/** The axis of an id; where the address names none, the first that the jobs have. */
export function chosenAxis(axes: readonly [Axis, ...Axis[]], id: string | null, has: (axis: Axis) => boolean): Axis {
  return axes.find((axis) => axis.id === id) ?? axes.find(has) ?? axes[0];
}

import {
  formatLatencyRatio,
  formatMetric,
  type Job,
  METRIC_NAMES,
  type MetricName,
  METRICS,
  type StageMetrics,
} from '#contracts';
import { factor } from './format.js';

/** A figure of the model that came out, beside that of the one that went in. */
export interface Change {
  title: string;
  before: string;
  after: string;
  /** How one stands to the other, in words. */
  change: string;
  /** How far single measurements lie apart. */
  spread?: string;
}

/** The figure that the task is first judged by: from labels, else from outputs. */
function qualityOf(metrics: StageMetrics): MetricName {
  const measured = METRIC_NAMES.filter((name) => metrics[name] !== undefined);
  const byLabels = measured.find((name) => METRICS[name].source === 'labels');
  return byLabels ?? measured.find((name) => name === 'outputSnrDb') ?? 'top1';
}

/** The figures of the last model that was measured. */
export function finalMetrics(job: Job): StageMetrics | undefined {
  const measured = job.stages.findLast(({ metrics }) => metrics);
  return measured?.metrics ?? undefined;
}

/** Size, quality and latency before and after; what nobody measured says so. */
export function changesOf(job: Job): Change[] {
  const [before, after] = [job.baseline, finalMetrics(job)];
  if (!before || !after) return [];
  const quality = qualityOf(after);
  return [
    { title: 'Size', ...pair('bytes', before, after) },
    { title: sentence(METRICS[quality].label), ...pair(quality, before, after), ...sampling(quality, after) },
    { title: 'Median latency', ...pair('latencyMsP50', before, after), ...timing(after) },
  ];
}

function pair(name: MetricName, before: StageMetrics, after: StageMetrics): Omit<Change, 'title'> {
  const [from, to] = [before[name], after[name]];
  if (to === undefined) return { before: '', after: 'not measured', change: 'end the recipe with the pass evaluate' };
  if (to === null) return { before: '', after: 'identical', change: 'to those of the original' };
  const isRatio = METRICS[name].unit === 'dB';
  return {
    before: isRatio || typeof from !== 'number' ? '' : formatMetric(name, from),
    after: formatMetric(name, to),
    change: isRatio ? 'against the original' : typeof from === 'number' ? comparison(name, to, from) : '',
  };
}

/** Shares are compared by their difference, decibels not at all: both are against the baseline already. */
export function comparison(name: MetricName, value: number, baseline: number): string {
  const { unit } = METRICS[name];
  if (unit === 'dB') return '';
  if (unit !== 'share') return factor(value, baseline);
  return `${points(value - baseline)} points`;
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** What the number of samples leaves open of a figure of quality, and of its distance from the baseline's. */
function sampling(name: MetricName, { intervals }: StageMetrics): Partial<Change> {
  const interval = intervals?.[name];
  if (!interval) return {};
  const { low, high, confidence, samples, change } = interval;
  const spread =
    `${formatMetric(name, low)}–${formatMetric(name, high)} of ${samples} samples, ` +
    `with ${Number((100 * confidence).toPrecision(3))} % confidence`;
  if (!change || METRICS[name].unit !== 'share') return { spread };
  const [difference, least, most] = [change.difference, change.low, change.high].map((share) => points(share));
  return { spread, change: `${difference} points (${least}..${most})` };
}

const points = (share: number): string => `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(2)}`;

/**
 * The ratio with its interval where it was measured so, and between what the middle half of the runs lies: a median
 * alone hides how sure it is.
 */
function timing({ latencyMsP50, latencySamplesMs = [], latencyRatio }: StageMetrics): Partial<Change> {
  if (latencyMsP50 === undefined || latencySamplesMs.length < 4) return {};
  const sorted = [...latencySamplesMs].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(3);
  return {
    ...(latencyRatio && { change: formatLatencyRatio(latencyRatio) }),
    spread: `half of ${sorted.length} runs within ${at(0.25)}–${at(0.75)} ms`,
  };
}

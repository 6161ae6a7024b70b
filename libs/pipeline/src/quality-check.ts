import { formatExactly, METRICS, type MetricName, type ModelMetrics, type QualityInterval } from '#contracts';
import type { Check } from './gate-check.js';

/** What a figure is held against: in words, and how far its value is beyond. */
interface Limit {
  allowed: string;
  excess: number;
}

/** Judges a figure of quality by its interval: the gate fails where all of it lies beyond the limit. */
export function valueCheck(
  metric: MetricName,
  final: ModelMetrics,
  limit: Limit & { beyond(interval: QualityInterval): boolean },
): Check {
  const interval = final.intervals?.[metric];
  const subject = `${METRICS[metric].label} is ${say(metric, final[metric])}`;
  if (!interval) return bare(metric, subject, limit);
  const { low, high, confidence } = interval;
  const words = `${subject} (${percent(confidence)} interval ${say(metric, low)}..${say(metric, high)})`;
  return judged(metric, words, limit, limit.beyond(interval));
}

/** The same for its distance from the baseline's, from the samples on which both were measured. */
export function changeCheck(
  metric: MetricName,
  final: ModelMetrics,
  limit: Limit & { beyond(low: number, high: number): boolean },
): Check {
  const { change, confidence = 0 } = final.intervals?.[metric] ?? {};
  const subject = `${METRICS[metric].label} is ${say(metric, final[metric])}`;
  if (!change) return isSame(limit) ? judged(metric, subject, limit, false) : bare(metric, subject, limit);
  const { low, high, pValue, difference } = change;
  const signed = (value: number) => `${value > 0 ? '+' : ''}${say(metric, value)}`;
  const interval = `${percent(confidence)} interval ${signed(low)}..${signed(high)}`;
  const words = `${subject}, ${signed(difference)} against the baseline (${interval}, p = ${pValue.toPrecision(2)})`;
  return judged(metric, words, limit, limit.beyond(low, high));
}

/** The baseline itself has no distance from itself. */
const isSame = ({ excess }: Limit) => excess <= 0;

function judged(metric: MetricName, subject: string, { allowed, excess }: Limit, isBeyond: boolean): Check {
  if (excess <= 0) return { holds: true, words: `${subject}, as asked ${allowed}` };
  const tooFar = `${say(metric, excess)} too far`;
  return isBeyond
    ? { holds: false, words: `${subject}, not ${allowed}: ${tooFar}` }
    : { holds: true, words: `${subject}, not ${allowed}: ${tooFar}, but within noise, so the gate does not fail` };
}

function bare(metric: MetricName, subject: string, limit: Limit): Check {
  const { words, holds } = judged(metric, subject, limit, true);
  return { holds, words: `${words}; no interval of it is known, so that noise may have decided` };
}

function say(metric: MetricName, value: number | null | undefined): string {
  return formatExactly(metric, value ?? Infinity);
}

const percent = (confidence: number) => `${Number((100 * confidence).toPrecision(3))} %`;

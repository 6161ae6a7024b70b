import { formatExactly, METRICS, type Gate, type ModelMetrics } from '#contracts';
import type { Check } from './gate-check.js';
import { latencyCheck } from './latency-check.js';
import { changeCheck, valueCheck } from './quality-check.js';

/** What a gate is judged by. An identical output counts as an infinite ratio of signal to noise. */
export interface Subject {
  gate: Gate;
  value: number;
  /** Undefined where the baseline was not measured. */
  baseline: number | undefined;
  final: ModelMetrics;
}

/** One rule per kind of bound; none where the gate has no such bound. */
export const BOUNDS: readonly ((subject: Subject) => Check | null)[] = [
  ({ gate: { metric, min, confidence }, value, final }) => {
    if (min === undefined) return null;
    const limit = { allowed: `at least ${say(metric, min)}`, excess: min - value };
    return confidence === undefined
      ? check(metric, value, limit)
      : valueCheck(metric, final, { ...limit, beyond: ({ high }) => high < min });
  },
  ({ gate: { metric, max, confidence }, value, final }) => {
    if (max === undefined) return null;
    const limit = { allowed: `at most ${say(metric, max)}`, excess: value - max };
    return confidence === undefined
      ? check(metric, value, limit)
      : valueCheck(metric, final, { ...limit, beyond: ({ low }) => low > max });
  },
  (subject) => againstBaseline(subject, 'below', subject.gate.maxDrop),
  (subject) => againstBaseline(subject, 'above', subject.gate.maxRise),
  ({ gate: { metric, maxRatio }, value, baseline, final: { latencyRatio } }) => {
    if (maxRatio === undefined) return null;
    const allowed = `at most ${maxRatio} times the baseline`;
    if (metric === 'latencyMsP50' && latencyRatio) return latencyCheck(latencyRatio, maxRatio, value);
    if (baseline === undefined) return unknown(metric, allowed);
    const limit = maxRatio * baseline;
    const doubt = METRICS[metric].unit === 'ms' && latencyRatio ? NO_INTERVAL : '';
    const asked = `${allowed} of ${say(metric, baseline)}, that is ${say(metric, limit)}`;
    const { holds, words } = check(metric, value, { allowed: asked, excess: value - limit });
    return { holds, words: `${words}${doubt}` };
  },
];

/** Of a latency without an interval, a ratio may be noise. */
const NO_INTERVAL = '; it has no interval, so that noise may have decided';

/** 0.98 - 0.975 is a little more than 0.005 in floating point: a drop of exactly the limit holds. */
const ROUNDING = 1e-12;

function againstBaseline(
  { gate: { metric, confidence }, value, baseline, final }: Subject,
  side: 'below' | 'above',
  most: number | undefined,
): Check | null {
  if (most === undefined) return null;
  const allowed = `at most ${say(metric, most)} ${side} the baseline`;
  if (baseline === undefined) return unknown(metric, allowed);
  const change = side === 'below' ? baseline - value : value - baseline;
  // Identical outputs on both sides are as far apart as they can be expected to be.
  const excess = Number.isNaN(change) ? 0 : change - most - ROUNDING;
  const limit = { allowed: `${allowed} of ${say(metric, baseline)}`, excess };
  return confidence === undefined
    ? check(metric, value, limit)
    : changeCheck(metric, final, { ...limit, beyond: (low, high) => (side === 'below' ? -high : low) > most });
}

function check(metric: Gate['metric'], value: number, { allowed, excess }: { allowed: string; excess: number }): Check {
  const holds = excess <= 0;
  const subject = `${METRICS[metric].label} is ${say(metric, value)}`;
  return {
    holds,
    words: holds ? `${subject}, as asked ${allowed}` : `${subject}, not ${allowed}: ${say(metric, excess)} too far`,
  };
}

function unknown(metric: Gate['metric'], allowed: string): Check {
  return {
    holds: false,
    words: `${METRICS[metric].label} was not measured on the baseline, so "${allowed}" cannot be judged`,
  };
}

function say(metric: Gate['metric'], value: number): string {
  return formatExactly(metric, value);
}

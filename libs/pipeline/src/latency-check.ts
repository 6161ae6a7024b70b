import type { LatencyRatio } from '#contracts';
import type { GateCheck } from './gate-check.js';
import type { MeasuredGateFigure } from './gate-figure.js';

/**
 * Judges a latency against the baseline's by the interval of their ratio: the gate fails where all of it lies above the
 * limit, and where the limit lies within, noise alone may have made the difference, which is said. Without an interval
 * the median ratio decides.
 */
export function latencyCheck(
  { label, value, say }: MeasuredGateFigure,
  latency: LatencyRatio,
  maxRatio: number,
): GateCheck {
  const { ratio, low, high, reason } = latency;
  const subject = `${label} is ${say(value)}, ${ratio.toFixed(2)} times the baseline`;
  const limit = `at most ${maxRatio} times`;
  if (low === null || high === null) {
    return {
      holds: ratio <= maxRatio,
      words: `${subject}, ${ratio <= maxRatio ? 'as asked' : 'not'} ${limit}, but no interval is known: ${reason ?? 'too few runs'}`,
    };
  }
  const interval = `(${Math.round(latency.confidence * 100)} % interval ${low.toFixed(2)}..${high.toFixed(2)})`;
  if (low > maxRatio) return { holds: false, words: `${subject} ${interval}, not ${limit}` };
  if (high <= maxRatio) return { holds: true, words: `${subject} ${interval}, as asked ${limit}` };
  return {
    holds: true,
    words: `${subject} ${interval}: the difference from the limit, ${limit}, is within noise, so the gate does not fail${reason ? `; ${reason}` : ''}`,
  };
}

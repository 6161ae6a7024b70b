import type { LatencyRatio } from '#contracts';
import type { Speedup } from './ratio.js';

/** A speed-up as the figure of a model: its time over the baseline's. */
export function latencyRatio({ speedup, low, high, confidence, equalWithin, verdict, reason }: Speedup): LatencyRatio {
  const over = (value: number | null) => (value === null ? null : 1 / value);
  return { ratio: 1 / speedup, low: over(high), high: over(low), confidence, equalWithin, verdict, reason };
}

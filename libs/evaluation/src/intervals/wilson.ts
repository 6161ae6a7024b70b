import { normalQuantile } from './normal.js';

/** Both ends of an interval. */
export interface Interval {
  low: number;
  high: number;
}

/**
 * The score interval of a share of `hits` in `count` independent samples (Wilson, 1927): it holds its level for small
 * counts and for shares of 0 and 1, where the usual one has no width. 0..1 for no samples.
 */
export function wilsonInterval(hits: number, count: number, confidence: number): Interval {
  if (count === 0) return { low: 0, high: 1 };
  const z = normalQuantile((1 + confidence) / 2);
  const share = hits / count;
  const centre = share + (z * z) / (2 * count);
  const variance = (share * (1 - share)) / count + (z * z) / (4 * count * count);
  const spread = z * Math.sqrt(variance);
  const scale = 1 + (z * z) / count;
  const low = hits === 0 ? 0 : Math.max(0, (centre - spread) / scale);
  const high = hits === count ? 1 : Math.min(1, (centre + spread) / scale);
  return { low, high };
}

import type { ValueRange } from '../grid/arithmetic.js';

/** Counts of a value's elements in equal bins over its observed range; all that calibration keeps of an activation. */
export interface Histogram extends ValueRange {
  counts: Float64Array;
}

/** The smallest range that leaves at most (100 − percentile) percent of the elements beyond each end. */
export function percentileRange(histogram: Histogram, percentile: number): ValueRange {
  const { min, max, counts } = histogram;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0 || max <= min) return { min, max };
  const allowed = total * (1 - percentile / 100);
  const width = (max - min) / counts.length;
  return { min: min + width * binsBelow(counts, allowed), max: max - width * binsBelow(counts.toReversed(), allowed) };
}

/** Share of the elements, 0..1, that lie in bins wholly outside a range: what a grid over it clips. */
export function clippedShare({ min, max, counts }: Histogram, range: ValueRange): number {
  const width = (max - min) / counts.length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const clipped = counts.reduce(
    (sum, count, bin) => (min + (bin + 1) * width <= range.min || min + bin * width >= range.max ? sum + count : sum),
    0,
  );
  return total === 0 ? 0 : clipped / total;
}

/** How many leading bins hold no more than `allowed` elements together; never all of them. */
function binsBelow(counts: Float64Array, allowed: number): number {
  let seen = 0;
  for (let bin = 0; bin < counts.length - 1; bin++) {
    seen += counts[bin]!;
    if (seen > allowed) return bin;
  }
  return counts.length - 1;
}

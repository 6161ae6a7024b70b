import type { ValueRange } from '../grid/arithmetic.js';
import type { Histogram } from './histogram.js';

const LEVELS = 256;

/** Shares of the observed range that are tried, both ends drawn in alike. */
const SHARES = Array.from({ length: 57 }, (_, i) => 1 - i / 64);

/** The range whose uint8 grid gives the least squared error on the histogram, clipping included. */
export function leastErrorRange(histogram: Histogram): ValueRange {
  return bestRange(histogram, (range) => squaredError(histogram, range));
}

/**
 * The range whose quantized distribution diverges least from the observed one: KL(P ‖ Q) with P the counts, clipped
 * ones gathered in the end bins, and Q the counts averaged over the bins that share a level (Migacz 2017). Zero is
 * exact on every grid: its bin, which a Relu fills, has no say.
 */
export function leastEntropyRange(histogram: Histogram): ValueRange {
  const counts = histogram.counts.slice();
  const zero = Math.floor((-histogram.min / (histogram.max - histogram.min)) * counts.length);
  if (zero >= 0 && zero < counts.length) counts[zero] = 0;
  return bestRange(histogram, (range) => divergence({ ...histogram, counts }, range));
}

function bestRange(histogram: Histogram, cost: (range: ValueRange) => number): ValueRange {
  let best: ValueRange = { min: histogram.min, max: histogram.max };
  let least = Infinity;
  for (const share of SHARES) {
    const range = { min: histogram.min * share, max: histogram.max * share };
    const value = cost(range);
    if (value >= least) continue;
    least = value;
    best = range;
  }
  return best;
}

function squaredError({ min, max, counts }: Histogram, range: ValueRange): number {
  const width = (max - min) / counts.length;
  const low = Math.min(range.min, 0);
  const step = (Math.max(range.max, 0) - low) / (LEVELS - 1) || 1;
  return counts.reduce((sum, count, bin) => {
    if (count === 0) return sum;
    const value = min + (bin + 0.5) * width;
    const level = Math.min(LEVELS - 1, Math.max(0, Math.round((value - low) / step)));
    return sum + count * (value - (low + level * step)) ** 2;
  }, 0);
}

function divergence({ min, max, counts }: Histogram, range: ValueRange): number {
  const width = (max - min) / counts.length;
  const first = Math.max(0, Math.floor((range.min - min) / width));
  const end = Math.min(counts.length, Math.ceil((range.max - min) / width));
  const inside = counts.slice(first, end);
  if (inside.length < 2) return Infinity;
  const observed = inside.slice();
  for (let bin = 0; bin < first; bin++) observed[0]! += counts[bin]!;
  for (let bin = end; bin < counts.length; bin++) observed[observed.length - 1]! += counts[bin]!;
  return kullbackLeibler(observed, spreadOverLevels(inside));
}

/** Each level's count shared evenly among its bins that hold anything. */
function spreadOverLevels(counts: Float64Array): Float64Array {
  const spread = new Float64Array(counts.length);
  const startOf = (level: number) => Math.floor((level * counts.length) / LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    const [from, to] = [startOf(level), startOf(level + 1)];
    const own = Array.from({ length: to - from }, (_, i) => from + i);
    const bins = own.filter((bin) => counts[bin]! > 0);
    const total = bins.reduce((sum, bin) => sum + counts[bin]!, 0);
    for (const bin of bins) spread[bin] = total / bins.length;
  }
  return spread;
}

/** A bin that Q leaves empty counts as a ten-thousandth of an element, so that the divergence stays finite. */
const EMPTY = 1e-4;

function kullbackLeibler(p: Float64Array, q: Float64Array): number {
  const totalOf = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0);
  const totals = [totalOf(p), totalOf(q)] as const;
  return p.reduce(
    (sum, count, bin) =>
      count === 0
        ? sum
        : sum + (count / totals[0]) * Math.log(count / totals[0] / (Math.max(q[bin]!, EMPTY) / totals[1])),
    0,
  );
}

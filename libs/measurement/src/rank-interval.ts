/** A median with the ends of its interval; null where there are too few samples for one. */
export interface MedianInterval {
  median: number;
  low: number | null;
  high: number | null;
}

/** The level of all intervals, unless another is asked for. */
export const CONFIDENCE = 0.95;

/** The fewest samples that have a 95 % interval: all on one side of the median has a chance of 2 / 2^6 = 3 %. */
export const LEAST_BLOCKS = 6;

/**
 * Rank, from either end of `count` sorted samples, of the ends of the interval of their median, free of any assumption
 * about their distribution: the largest k with P(Binomial(count, 1/2) <= k) <= (1 - confidence) / 2. Null for too few
 * samples.
 */
export function intervalRank(count: number, confidence: number = CONFIDENCE): number | null {
  // Logarithms, since 2^-count is no number any more for the thousands of samples that a long measurement has.
  let logarithm = -count * Math.LN2;
  let tail = Math.exp(logarithm);
  let rank: number | null = null;
  for (let k = 0; k < count / 2 && tail <= (1 - confidence) / 2; k++) {
    rank = k;
    logarithm += Math.log((count - k) / (k + 1));
    tail += Math.exp(logarithm);
  }
  return rank;
}

/** The median of some values, with its interval at that level. */
export function medianInterval(values: readonly number[], confidence: number = CONFIDENCE): MedianInterval {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (rank: number) => sorted[rank] ?? NaN;
  const half = (sorted.length - 1) / 2;
  const rank = intervalRank(sorted.length, confidence);
  return {
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    low: rank === null ? null : at(rank),
    high: rank === null ? null : at(sorted.length - 1 - rank),
  };
}

/** Half the width of a median's interval as a share of the median; infinite where there is none. */
export function relativeWidth({ median, low, high }: MedianInterval): number {
  return low === null || high === null ? Infinity : (high - low) / 2 / Math.abs(median);
}

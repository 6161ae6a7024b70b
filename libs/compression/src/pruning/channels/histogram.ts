/** Counts over equal bins between the least and the greatest value. */
export interface ScoreHistogram {
  min: number;
  max: number;
  counts: number[];
}

const BINS = 16;

export function histogramOf(values: Float64Array): ScoreHistogram {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const counts = new Array<number>(BINS).fill(0);
  const binOf = (value: number) => Math.min(BINS - 1, Math.floor(((value - min) / (max - min)) * BINS));
  for (const value of values) counts[max > min ? binOf(value) : 0]!++;
  return { min, max, counts };
}

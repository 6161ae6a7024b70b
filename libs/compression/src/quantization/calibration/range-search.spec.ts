import type { Histogram } from './histogram.js';
import { leastEntropyRange, leastErrorRange } from './range-search.js';

/** Counts of a bell around zero, seen over ±10 standard deviations, with `outliers` in the last bin. */
function bell(outliers: number, min = -10): Histogram {
  const counts = Float64Array.from({ length: 2048 }, (_, bin) =>
    Math.round(1e5 * Math.exp(-((min + ((bin + 0.5) * (10 - min)) / 2048) ** 2) / 2)),
  );
  counts[2047]! += outliers;
  return { min, max: 10, counts };
}

describe.each([
  ['leastErrorRange', leastErrorRange],
  ['leastEntropyRange', leastEntropyRange],
])('%s', (_name, rangeOf) => {
  it('leaves out the emptiness that a single outlier stretched the range over', () => {
    const { min, max } = rangeOf(bell(1));
    expect(max).toBeLessThan(8);
    expect(max).toBeGreaterThan(2.5);
    expect(min).toBeCloseTo(-max, 9);
  });

  it('keeps a full range that is used evenly', () => {
    expect(rangeOf({ min: 0, max: 1, counts: new Float64Array(2048).fill(10) }).max).toBeGreaterThan(0.95);
  });

  it('goes by shares: as many times the elements leave the range as it is', () => {
    const { min, max, counts } = bell(0);
    const sparse = counts.map((count) => (count / 1e5) * 40 + 1);
    const of = (factor: number) => rangeOf({ min, max, counts: sparse.map((count) => count * factor) });
    expect(of(64)).toEqual(of(1));
  });

  it('keeps zero at the low end of a rectified value', () => {
    expect(rangeOf(bell(1, 0)).min).toBe(0);
  });
});

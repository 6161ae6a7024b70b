import { channelLayout, dequantizeSymmetric, snrDb } from './arithmetic.js';
import { buildCodebook } from './codebook.js';
import { powerOfTwoScales, searchScales } from './scale-search.js';
import { chooseScales, storedBits, toGrid, type WeightGridOptions } from './weight-grid.js';

const weights = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i * 7.3) * Math.cos(i * 1.1) ** 5);
const layout = channelLayout([8, 64], 0);
const options = (given: Partial<WeightGridOptions> = {}): WeightGridOptions => ({
  weightBits: 8,
  weightFormat: 'uniform',
  powerOfTwo: false,
  reduceRange: true,
  codebookStart: 'linear',
  random: () => 0.5,
  ...given,
});
const gridSnr = (given: Partial<WeightGridOptions>) => {
  const grid = toGrid(weights, layout, chooseScales(weights, layout, options(given)), options(given));
  return { ...grid, snr: snrDb(weights, dequantizeSymmetric(grid.integers, layout, grid.scales))! };
};

describe('weight grids', () => {
  it.each([
    [8, -64, 64],
    [4, -7, 7],
    [3, -3, 3],
    [2, -2, 1],
  ] as const)('keeps %p-bit integers within %p..%p', (weightBits, lowest, limit) => {
    const { integers } = gridSnr({ weightBits });
    expect(Math.min(...integers)).toBeGreaterThanOrEqual(lowest);
    expect(Math.max(...integers)).toBeLessThanOrEqual(limit);
  });

  it('loses more with every bit less', () => {
    const snrs = ([8, 4, 3, 2] as const).map((weightBits) => gridSnr({ weightBits }).snr);
    expect(snrs).toEqual(snrs.toSorted((a, b) => b - a));
    expect(snrs[0]!).toBeGreaterThan(35);
    expect(snrs[3]!).toBeGreaterThan(5);
  });

  it('packs 3 bits as 4, ternary as 2', () => {
    expect([
      storedBits({ weightBits: 3, weightFormat: 'uniform' }),
      storedBits({ weightBits: 8, weightFormat: 'ternary' }),
    ]).toEqual([4, 2]);
  });

  it('never does worse by searching a scale than by clipping nothing', () => {
    const widest = Float32Array.from({ length: 8 }, () => 1 / 3);
    const error = (scales: Float32Array) =>
      toGrid(weights, layout, scales, options({ weightBits: 3 })).integers.reduce(
        (sum, q, i) => sum + (weights[i]! - q * scales[Math.floor(i / 64)]!) ** 2,
        0,
      );
    expect(error(searchScales(weights, layout, widest, 3))).toBeLessThan(error(widest));
  });

  it('stores binary weights as signs of the mean magnitude, zeros as zeros', () => {
    const values = Float32Array.of(0.5, -1.5, 0, 1, -3, 3, 0, 0);
    const binary = options({ weightFormat: 'binary' });
    const grid = toGrid(
      values,
      channelLayout([2, 4], 0),
      chooseScales(values, channelLayout([2, 4], 0), binary),
      binary,
    );
    expect([...grid.integers]).toEqual([1, -1, 0, 1, -1, 1, 0, 0]);
    expect([...grid.scales]).toEqual([1, 3]);
  });

  it('rounds scales up to powers of two', () => {
    expect([...powerOfTwoScales(Float32Array.of(0.3, 0.25, 5))]).toEqual([0.5, 0.25, 8]);
  });
});

describe('buildCodebook', () => {
  const integers = toGrid(weights, layout, chooseScales(weights, layout, options()), options()).integers;

  it.each(['linear', 'density', 'random'] as const)('holds zero and sorted entries when started %s', (start) => {
    let seed = 1;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const { entries, indices } = buildCodebook(integers, 16, start, random);
    expect(entries).toContain(0);
    expect([...entries]).toEqual([...entries].sort((a, b) => a - b));
    expect(Math.max(...indices)).toBeLessThan(16);
  });

  it('keeps zero weights zero', () => {
    const sparse = integers.map((value, i) => (i % 3 ? 0 : value));
    const { entries, indices } = buildCodebook(sparse, 4, 'linear', () => 0);
    sparse.forEach((value, i) => value === 0 && expect(entries[indices[i]!]).toBe(0));
  });

  it('beats evenly spaced levels on weights that crowd around zero', () => {
    expect(gridSnr({ weightBits: 4, weightFormat: 'codebook' }).snr).toBeGreaterThan(gridSnr({ weightBits: 4 }).snr);
  });

  it('is exact when there are no more values than entries', () => {
    const few = Int8Array.of(-60, 0, 7, 7, 64, -60);
    const { entries, indices } = buildCodebook(few, 4, 'density', () => 0);
    expect([...indices].map((index) => entries[index])).toEqual([...few]);
  });
});

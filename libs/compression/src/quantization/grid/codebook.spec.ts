import { seededRandom } from '#numbers';
import { buildCodebook, type CodebookStart } from './codebook.js';

const STARTS: readonly CodebookStart[] = ['linear', 'density', 'random'];

const decoded = (weights: Int8Array, size: number, start: CodebookStart) => {
  const { entries, indices } = buildCodebook(weights, size, start, seededRandom(1));
  return Int8Array.from(indices, (index) => entries[index]!);
};
const squaredError = (a: Int8Array, b: Int8Array) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

describe('a codebook', () => {
  it('gives weights of no more values than it has back exactly, when it starts over their range', () => {
    const weights = Int8Array.from([-100, -100, 0, 60, 60, 60, -100, 0]);
    expect(decoded(weights, 3, 'linear')).toEqual(weights);
  });

  it.each(STARTS)('keeps zeros zero and its entries sorted, whatever it starts from: %s', (start) => {
    const weights = Int8Array.from({ length: 512 }, (_, i) => (i % 5 === 0 ? 0 : ((i * 37) % 256) - 128));
    const { entries } = buildCodebook(weights, 8, start, seededRandom(3));
    expect([...entries]).toEqual([...entries].sort((a, b) => a - b));
    expect([...decoded(weights, 8, start)].filter((value, i) => weights[i] === 0 && value !== 0)).toEqual([]);
  });

  it('serves the weights better than even steps over their range', () => {
    const bell = Int8Array.from({ length: 400 }, (_, i) => Math.round(90 * ((i - 200) / 200) ** 3));
    const step = 180 / 7;
    const even = bell.map((value) => Math.round(Math.round(value / step) * step));
    expect(squaredError(decoded(bell, 8, 'linear'), bell)).toBeLessThan(squaredError(even, bell));
  });
});

import { seededRandom } from '#numbers';
import { sustained } from './sustained.js';

const MINUTES = 10;
const PER_SECOND = 2;
const atSeconds = Array.from({ length: MINUTES * 60 * PER_SECOND }, (_, i) => i / PER_SECOND);
const random = seededRandom(1);
/** Times that grow evenly from one to the other, with a little noise. */
const growing = (from: number, to: number) =>
  atSeconds.map((at) => (from + ((to - from) * at) / (MINUTES * 60)) * (1 + 0.01 * random()));

describe('a sustained measurement', () => {
  it('gives the first minute and the last, and names models that change places', () => {
    const found = sustained([growing(2, 4), growing(3, 3), growing(5, 10)], atSeconds);
    expect(found?.windowSeconds).toBe(60);
    expect(found?.firstMs[0]).toBeCloseTo(2.1, 1);
    expect(found?.lastMs[0]).toBeCloseTo(3.9, 1);
    expect(found?.reversed.map(({ a, b }) => [a, b])).toEqual([[0, 1]]);
    const [pair] = found?.reversed ?? [];
    expect(pair?.first).toBeLessThan(1);
    expect(pair?.last).toBeGreaterThan(1);
  });

  it('says nothing of models that stay in order, or that noise alone may have turned', () => {
    expect(sustained([growing(2, 4), growing(3, 6)], atSeconds)?.reversed).toEqual([]);
    expect(sustained([growing(2, 2), growing(2, 2)], atSeconds)?.reversed).toEqual([]);
  });

  it('of less than two minutes compares its halves; of one block nothing', () => {
    const few = atSeconds.slice(0, 21);
    expect(sustained([few.map((at) => 1 + at)], few)).toMatchObject({
      windowSeconds: 5,
      firstMs: [3.25],
      lastMs: [8.5],
    });
    expect(sustained([[1]], [0])).toBeNull();
    expect(sustained([[]], [])).toBeNull();
  });
});

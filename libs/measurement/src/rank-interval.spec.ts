import { seededRandom } from '#numbers';
import { intervalRank, medianInterval } from './rank-interval.js';

describe('the interval of a median', () => {
  it('takes the ranks that the sign test gives: none below six samples, those of published tables above', () => {
    expect([5, 6, 8, 9, 15, 25, 50].map((count) => intervalRank(count))).toEqual([null, 0, 0, 1, 3, 7, 17]);
  });

  it('is no narrower than the normal approximation where 2^-count is no number any more', () => {
    for (const count of [1000, 1500, 10_000, 100_000]) {
      const normal = count / 2 - 1.96 * (Math.sqrt(count) / 2);
      expect(Math.abs(intervalRank(count)! - normal)).toBeLessThan(2);
    }
  });

  it('is wider at a higher level, and needs more samples for it', () => {
    expect(intervalRank(100, 0.99)).toBeLessThan(intervalRank(100)!);
    expect([7, 8].map((count) => intervalRank(count, 0.99))).toEqual([null, 0]);
  });

  it('holds the true ratio in at least 95 of 100 series, also where one run in five takes ten times as long', () => {
    const random = seededRandom(1);
    const time = (ms: number) => ms * (0.9 + 0.2 * random()) * (random() < 0.2 ? 10 : 1);
    let held = 0;
    for (let i = 0; i < 1000; i++) {
      const { low, high } = medianInterval(Array.from({ length: 25 }, () => time(2) / time(1)));
      if (low! <= 2 && high! >= 2) held++;
    }
    expect(held).toBeGreaterThan(930);
  });
});

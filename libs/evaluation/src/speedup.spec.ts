import type { HostTensors } from '#inference';
import { describeSpeedup, intervalRank, LEAST_PAIRS, measureSpeedup, speedupSign, summarizePairs } from './speedup.js';

const pairsOf = (ratios: readonly number[]) => ratios.map((ratio): [number, number] => [ratio, 1]);

describe('the interval of a speed-up', () => {
  it('takes the ranks that the sign test gives: none below six samples, those of published tables above', () => {
    expect([5, 6, 8, 9, 15, 25, 50].map(intervalRank)).toEqual([null, 0, 0, 1, 3, 7, 17]);
  });

  it('holds the true ratio in at least 95 of 100 series, also where one run in five takes ten times as long', () => {
    let state = 1;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const time = (ms: number) => ms * (0.9 + 0.2 * random()) * (random() < 0.2 ? 10 : 1);
    let held = 0;
    for (let i = 0; i < 1000; i++) {
      const { low, high } = summarizePairs(Array.from({ length: 25 }, (): [number, number] => [time(2), time(1)]));
      if (low! <= 2 && high! >= 2) held++;
    }
    expect(held).toBeGreaterThan(930);
  });

  it('is not given for fewer pairs, and no difference is claimed then', () => {
    const few = summarizePairs(pairsOf([222, 200, 210]));
    expect(few).toMatchObject({ low: null, high: null, pairs: 3 });
    expect(speedupSign(few)).toBe(0);
    expect(describeSpeedup(few)).toBe(
      'no difference in speed could be measured (3 pairs of runs are too few), 210 ms before and 1.00 ms after',
    );
  });

  it('decides what is said: faster, slower, or that no difference could be measured', () => {
    const faster = summarizePairs(pairsOf([2, 2.1, 1.9, 2, 2.2, 2.05]));
    const slower = summarizePairs(pairsOf([0.5, 0.6, 0.5, 0.4, 0.5, 0.5]));
    const neither = summarizePairs(pairsOf([4.18, 0.29, 3.89, 1.61, 0.85, 1.1]));
    expect([faster, slower, neither].map(speedupSign)).toEqual([1, -1, 0]);
    expect(describeSpeedup(faster)).toBe(
      '2.02x as fast on this machine (95 % interval 1.90..2.20), 2.02 ms before and 1.00 ms after',
    );
    expect(describeSpeedup(neither)).toMatch(
      /^no difference in speed could be measured \(95 % interval 0\.29\.\.4\.18\)/,
    );
  });
});

describe('measureSpeedup', () => {
  const feeds: HostTensors[] = [{}];
  const subject = (name: string, log: string[], ms = 0) => ({
    session: { run: async () => (log.push(name), busy(ms), {}) },
    feeds,
  });

  it('lets each model go first in every other pair', async () => {
    const log: string[] = [];
    await measureSpeedup(subject('a', log), subject('b', log), { maxPairs: 3, warmupPairs: 1 });
    expect(log.join('')).toBe('ababbaab');
  });

  it('times enough pairs for an interval when time is up from the start', async () => {
    const log: string[] = [];
    const { pairs, low } = await measureSpeedup(subject('a', log, 10), subject('b', log, 10), {
      maxSeconds: 0.05,
      warmupPairs: 1,
    });
    expect(pairs).toBeGreaterThanOrEqual(LEAST_PAIRS);
    expect(low).toEqual(expect.any(Number));
  });
});

function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

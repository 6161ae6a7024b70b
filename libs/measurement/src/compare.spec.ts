import { randomOrder, seededRandom } from '#numbers';
import { compare, summarizePairs } from './compare.js';
import { describeSpeedup, speedupSign } from './describe.js';

const pairsOf = (ratios: readonly number[]) => ratios.map((ratio): [number, number] => [ratio, 1]);
/** Ratios spread evenly around one, in random order. */
const around = (ratio: number, spread: number, count = 100) =>
  Array.from(randomOrder(count, seededRandom(3)), (i) => ratio * (1 + spread * ((2 * i) / (count - 1) - 1)));

describe('a comparison', () => {
  it('gives no interval to few pairs, and claims no difference then', () => {
    const few = summarizePairs(pairsOf([222, 200, 210]));
    expect(few).toMatchObject({ low: null, high: null, pairs: 3, verdict: 'inconclusive' });
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
      /^no difference in speed could be measured \(95 % interval 0\.29\.\.4\.18\), .*; inconclusive: noisy/,
    );
  });

  it('calls equal what certainly differs by less than the share that matters, and nothing else', () => {
    const equal = summarizePairs(pairsOf(around(1.005, 0.01)));
    expect(equal).toMatchObject({ verdict: 'equal', reason: null });
    expect(equal.low).toBeGreaterThan(1);
    expect(describeSpeedup(equal)).toMatch(
      /^no difference in speed beyond 2 % on this machine \(95 % interval 1\.00\.\.1\.01\)/,
    );
    expect(summarizePairs(pairsOf(around(1.005, 0.01)), { equalWithin: 0.001 }).verdict).toBe('faster');
  });

  it('says why it is inconclusive', () => {
    const reason = (ratios: readonly number[]) => summarizePairs(pairsOf(ratios)).reason;
    expect(reason(around(1, 0.15))).toBe('the interval is wider than the 2 % that count as equal: measure longer');
    expect(reason(around(1.019, 0.03))).toBe('the difference is about the 2 % that count as equal');
    expect(reason(around(1, 0.9))).toMatch(/^noisy: the middle half of the pairs of runs spans 90 %/);
    expect(reason([...around(0.8, 0.02, 50), ...around(1.2, 0.02, 50)])).toMatch(
      /^drift: 0\.80x in the first third and 1\.20x in the last/,
    );
  });

  it('names the two groups that times fall into', () => {
    const random = seededRandom(5);
    const time = () => (random() < 0.5 ? 1 : 1.6) * (1 + 0.04 * random());
    const speedup = summarizePairs(Array.from({ length: 100 }, () => [time(), time()] as const));
    expect(speedup).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringMatching(/^two groups of times, about 1\.0\d and 1\.6\d ms/),
    });
  });

  it('keeps to what all of a measurement says where the ratio drifts without changing the answer', () => {
    expect(summarizePairs(pairsOf([...around(1.8, 0.02, 50), ...around(2.4, 0.02, 50)])).verdict).toBe('faster');
    expect(summarizePairs(pairsOf([...around(1.3, 0.02, 70), ...around(0.9, 0.02, 40)])).verdict).toBe('inconclusive');
  });

  it('widens the intervals of several candidates, so that all of them hold together', () => {
    const samples = [around(1, 0.2), around(0.9, 0.2), around(0.9, 0.2), around(0.9, 0.2), around(0.9, 0.2)];
    const shuffled = samples.map((list, i) => Array.from(randomOrder(list.length, seededRandom(i)), (at) => list[at]!));
    const [alone] = compare(shuffled.slice(0, 2));
    const [together] = compare(shuffled);
    expect(together).toMatchObject({ speedup: alone!.speedup, comparisons: 4 });
    expect(together!.low!).toBeLessThan(alone!.low!);
    expect(together!.high!).toBeGreaterThan(alone!.high!);
  });
});

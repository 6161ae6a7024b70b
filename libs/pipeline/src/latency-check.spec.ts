import type { LatencyRatio } from '#contracts';
import { latencyCheck } from './latency-check.js';

const measured: LatencyRatio = {
  ratio: 0.8,
  low: 0.7,
  high: 0.9,
  confidence: 0.95,
  verdict: 'faster',
  equalWithin: 0.02,
  reason: null,
};

const FIGURE = { label: 'latency', say: String, value: 1.5, baseline: 2 };

describe('a latency against a limit', () => {
  it.each([
    ['all of the interval below it', 0.9, true, 'as asked at most 0.9 times'],
    ['all of the interval above it', 0.69, false, 'not at most 0.69 times'],
    ['the limit within the interval', 0.75, true, 'is within noise, so the gate does not fail'],
    ['the limit at the lower end', 0.7, true, 'is within noise'],
  ])('is judged by its interval: %s', (_what, limit, holds, words) => {
    const check = latencyCheck(FIGURE, measured, limit);
    expect(check.holds).toBe(holds);
    expect(check.words).toContain('(95 % interval 0.70..0.90)');
    expect(check.words).toContain(words);
  });

  it('says why the noise is what it is, where that is known', () => {
    expect(latencyCheck(FIGURE, { ...measured, reason: 'the clock drifts' }, 0.75).words).toMatch(
      /; the clock drifts$/,
    );
  });

  it.each([
    [0.8, true, 'as asked at most 0.8 times'],
    [0.79, false, 'not at most 0.79 times'],
  ])('is judged by the median where no interval is known, which is said (limit %d)', (limit, holds, words) => {
    for (const unknown of [{ low: null }, { high: null }]) {
      const check = latencyCheck(FIGURE, { ...measured, ...unknown }, limit);
      expect(check.holds).toBe(holds);
      expect(check.words).toContain(`${words}, but no interval is known: too few runs`);
    }
  });
});

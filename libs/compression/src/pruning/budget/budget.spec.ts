import { isTimed, leastRatio, meetsFigures, MOST } from './budget.js';

const figures = (share: number) => ({ parameters: 1000 * share, bytes: 4000 * share, macs: 50_000 * share });

describe('a budget', () => {
  it.each(['parameters', 'bytes', 'macs'] as const)('of %s is met by what comes to its share, and no more', (goal) => {
    const after = (share: number) => ({ ...figures(1), [goal]: figures(share)[goal] });
    expect(meetsFigures({ [goal]: 0.5 }, figures(1), after(0.5))).toBe(true);
    expect(meetsFigures({ [goal]: 0.5 }, figures(1), after(0.501))).toBe(false);
  });

  it('of several goals is met where all are, and none means no more than before', () => {
    expect(meetsFigures({ bytes: 0.5, macs: 0.6 }, figures(1), figures(0.5))).toBe(true);
    expect(meetsFigures({ bytes: 0.5, macs: 0.4 }, figures(1), figures(0.5))).toBe(false);
    expect(meetsFigures({}, figures(1), figures(1))).toBe(true);
  });

  it('is met by the least ratio that does, to a thousandth', () => {
    const least = leastRatio((ratio) => ratio >= 0.3);
    expect(least).toBeGreaterThanOrEqual(0.3);
    expect(least - 0.3).toBeLessThan(0.001);
    expect(leastRatio(() => true)).toBe(0);
    expect(leastRatio(() => false)).toBe(MOST);
  });

  it('is timed where it names time', () => {
    expect([{ latency: 0.5 }, { latencyMs: 3 }, { bytes: 0.5 }, {}].map(isTimed)).toEqual([true, true, false, false]);
  });
});

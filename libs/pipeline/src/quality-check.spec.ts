import type { MeasuredGateFigure } from './gate-figure.js';
import { changeCheck, valueCheck } from './quality-check.js';

const figure = (interval?: object) =>
  ({
    label: 'top-1',
    value: 0.9,
    baseline: 0.92,
    say: (value: number) => `${value}`,
    interval,
  }) as unknown as MeasuredGateFigure;
const change = { low: -0.03, high: -0.01, pValue: 0.0123, difference: -0.02 };

describe('the distance of a figure from that of the baseline', () => {
  it('is judged by its interval, which is told', () => {
    const limit = { allowed: 'at most 0.005', excess: 0.015, beyond: (_low: number, high: number) => -high > 0.005 };
    const { holds, words } = changeCheck(figure({ confidence: 0.95, change }), limit);
    expect(holds).toBe(false);
    expect(words).toContain('-0.02 against the baseline (95 % interval -0.03..-0.01, p = 0.012)');
  });

  it('of exactly nothing needs no interval, as that of the baseline from itself', () => {
    const limit = { allowed: 'at most 0', excess: 0, beyond: () => true };
    expect(changeCheck(figure(), limit)).toEqual({ holds: true, words: 'top-1 is 0.9, as asked at most 0' });
  });

  it('is judged bare without an interval, which is said', () => {
    const limit = { allowed: 'at most 0.005', excess: 0.015, beyond: () => false };
    const { holds, words } = changeCheck(figure(), limit);
    expect([holds, words]).toEqual([false, expect.stringContaining('no interval of it is known')]);
  });
});

it('a figure beyond its limit within noise holds, which is said', () => {
  const limit = { allowed: 'at least 0.91', excess: 0.01, beyond: () => false };
  const { holds, words } = valueCheck(figure({ low: 0.88, high: 0.92, confidence: 0.9 }), limit);
  expect(holds).toBe(true);
  expect(words).toContain('top-1 is 0.9 (90 % interval 0.88..0.92), not at least 0.91');
  expect(words).toContain('within noise');
});

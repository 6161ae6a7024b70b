import { scaleOf } from './scale.js';

describe('scaleOf', () => {
  it('puts values onto the length with air on both sides', () => {
    const { at } = scaleOf([0, 10], 0, 120);
    expect([at(0), at(10)]).toEqual([10, 110]);
  });

  it('has a few ticks at round values, all within the scale', () => {
    expect(scaleOf([0.13, 0.97], 0, 100).ticks.map((tick) => tick.toFixed(3))).toEqual([
      '0.250',
      '0.500',
      '0.750',
      '1.000',
    ]);
    expect(scaleOf([148_000, 1_002_000], 0, 100).ticks).toEqual([250_000, 500_000, 750_000, 1_000_000]);
  });

  it('takes a single value', () => {
    const { at, ticks } = scaleOf([5, 5], 0, 100);
    expect(at(5)).toBeCloseTo(50, 9);
    expect(ticks).toContain(5);
  });
});

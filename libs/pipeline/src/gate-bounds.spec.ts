import { checksOf } from './gate-bounds.js';
import type { MeasuredGateFigure } from './gate-figure.js';

/** A figure of 0.5 on a baseline of 0.4, apart by what `change` says. */
const figure = (change: { low: number; high: number }) =>
  ({
    ...{ label: 'figure', value: 0.5, baseline: 0.4, say: (value: number) => value.toFixed(2) },
    interval: { confidence: 0.95, change: { ...change, pValue: 0.01, difference: 0.1 } },
  }) as unknown as MeasuredGateFigure;
const holds = (bounds: object, change: { low: number; high: number }) =>
  checksOf({ ...bounds, confidence: 0.95 }, figure(change)).map((check) => check.holds);

describe('a bound against the baseline', () => {
  it('on a rise fails where all of the interval lies above it', () => {
    expect(holds({ maxRise: 0.05 }, { low: 0.06, high: 0.14 })).toEqual([false]);
    expect(holds({ maxRise: 0.05 }, { low: 0.04, high: 0.16 })).toEqual([true]);
  });

  it('on a drop fails where all of the interval lies below it', () => {
    const fallen = (low: number, high: number) => {
      const { interval, ...rest } = figure({ low, high });
      return checksOf({ maxDrop: 0.05, confidence: 0.95 }, { ...rest, interval, value: 0.3 } as MeasuredGateFigure)[0]
        ?.holds;
    };
    expect([fallen(-0.14, -0.06), fallen(-0.16, -0.04)]).toEqual([false, true]);
  });

  it('without a confidence is held against the figure alone', () => {
    const bare = (maxRise: number) => checksOf({ maxRise }, figure({ low: 0, high: 1 }))[0];
    expect([bare(0.1)?.holds, bare(0.09)?.holds]).toEqual([true, false]);
    expect(bare(0.09)?.words).toBe('figure is 0.50, not at most 0.09 above the baseline of 0.40: 0.01 too far');
  });

  it('cannot be judged without a baseline, which is said', () => {
    const { baseline: _baseline, ...alone } = figure({ low: 0, high: 1 });
    const [check] = checksOf({ maxDrop: 0.1 }, { ...alone, baseline: undefined } as MeasuredGateFigure);
    expect(check).toMatchObject({ holds: false, words: expect.stringContaining('not measured on the baseline') });
  });
});

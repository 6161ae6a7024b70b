import { ratiosOf, shareOfRest } from './schedule.js';

describe('schedules', () => {
  it.each(['one-shot', 'iterative', 'gradual'] as const)('%s ends at the ratio and never goes back', (schedule) => {
    const ratios = ratiosOf({ schedule, steps: 4, ratio: 0.8 });
    expect(ratios.at(-1)).toBeCloseTo(0.8, 12);
    ratios.slice(1).forEach((ratio, i) => expect(ratio).toBeGreaterThan(ratios[i]!));
  });

  it('removes most in the first gradual step', () => {
    const [first, second] = ratiosOf({ schedule: 'gradual', steps: 2, ratio: 0.8 });
    expect(first!).toBeCloseTo(0.7, 12);
    expect(second!).toBeCloseTo(0.8, 12);
  });

  it('turns shares of the original into shares of the rest', () => {
    expect((1 - 0.4) * (1 - shareOfRest(0.4, 0.7))).toBeCloseTo(0.3, 12);
  });
});

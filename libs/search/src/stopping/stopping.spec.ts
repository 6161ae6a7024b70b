import { asha, medianRule, type Curve } from './stopping.js';

const curve = (...values: number[]): Curve => new Map(values.map((value, i) => [i + 1, value]));

describe('medianRule', () => {
  const others = [1, 2, 3, 4, 5].map((value) => curve(value + 1, value));

  it('stops what is worse than the median at its step, and nothing before others have come so far', () => {
    const rule = medianRule();
    expect(rule(curve(9, 4), others)).toBe(true);
    expect(rule(curve(9, 2), others)).toBe(false);
    expect(rule(curve(9, 9, 9), others)).toBe(false);
    expect(rule(curve(9, 9), others.slice(1))).toBe(false);
  });

  it('stops a trial that only gives NaN', () => {
    expect(medianRule()(curve(NaN, NaN), others)).toBe(true);
  });

  it('lets every trial take its first steps', () => {
    expect(medianRule({ warmup: 3 })(curve(9, 9), others)).toBe(false);
    expect(medianRule()(new Map(), others)).toBe(false);
  });
});

describe('asha', () => {
  it('lets one in three go on from each rung', () => {
    const others = [1, 2, 3, 4, 5].map((value) => curve(value, value, value));
    const rule = asha();
    expect(rule(curve(1.5), others)).toBe(false);
    expect(rule(curve(3.5), others)).toBe(true);
    expect(rule(curve(0.5, 9, 9), others)).toBe(true);
    expect(rule(curve(0.5, 9), others)).toBe(false);
  });

  it('lets the first to come go on', () => {
    expect(asha()(curve(100), [])).toBe(false);
  });
});

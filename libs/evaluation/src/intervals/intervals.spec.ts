import { bootstrapInterval, bootstrapPValue, leastSamples, resamplesOf } from './bootstrap.js';
import { matchedDifference, mcnemar } from './mcnemar.js';
import { normalCdf, normalQuantile } from './normal.js';
import { studentQuantile } from './student.js';
import { wilsonInterval } from './wilson.js';

describe('the normal distribution', () => {
  it('has its published values', () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 12);
    expect(normalCdf(-2.5)).toBeCloseTo(0.006209665325776, 12);
    expect(normalCdf(5) + normalCdf(-5)).toBeCloseTo(1, 14);
    expect(normalCdf(-6)).toBeCloseTo(9.865876450377e-10, 18);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
  });
});

describe('the interval of a share', () => {
  // Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('is the published one for %i of %i', (hits, count, low, high) => {
    const interval = wilsonInterval(hits, count, 0.95);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('is everything where there is no sample', () => {
    expect(wilsonInterval(0, 0, 0.95)).toEqual({ low: 0, high: 1 });
  });
});

describe('two models on the same samples', () => {
  it('have the binomial tail as their chance', () => {
    // 2 (C(10,0) + C(10,1) + C(10,2)) / 2^10.
    expect(mcnemar({ lost: 8, won: 2, count: 100 })).toBeCloseTo(112 / 1024, 14);
    expect(mcnemar({ lost: 0, won: 0, count: 100 })).toBe(1);
    expect(mcnemar({ lost: 5, won: 5, count: 100 })).toBe(1);
    expect(mcnemar({ lost: 3000, won: 2000, count: 50_000 })).toBeLessThan(1e-40);
  });

  it('differ by an interval around the shares, with half a sample more on either side', () => {
    const { low, high } = matchedDifference({ lost: 8, won: 2, count: 98 }, 0.95);
    // (2 - 8) / 100 -+ 1.96 sqrt((11 - 36 / 100) / 100^2).
    expect(low).toBeCloseTo(-0.06 - 1.959963984540054 * Math.sqrt(10.64 / 1e4), 10);
    expect(high).toBeCloseTo(-0.06 + 1.959963984540054 * Math.sqrt(10.64 / 1e4), 10);
  });
});

it('the interval of a difference holds the difference, however few samples there are and however low its level', () => {
  for (let count = 1; count < 30; count++)
    for (const confidence of [0.5, 0.95]) {
      const { low, high } = matchedDifference({ lost: count, won: 0, count }, confidence);
      expect(low).toBe(-1);
      expect(high).toBeGreaterThan(-1);
    }
});

describe('the bootstrap', () => {
  it('draws as many samples as there are, the same for the same seed', () => {
    const draw = (seed: number) => [...resamplesOf(7, 3, seed)].map((counts) => counts.reduce((sum, n) => sum + n));
    expect(draw(1)).toEqual([7, 7, 7]);
    const first = (seed: number) => [...(resamplesOf(7, 1, seed).next().value ?? [])];
    expect(first(5)).toEqual(first(5));
    expect(first(5)).not.toEqual(first(6));
  });

  it('gives a mean about the interval of the normal distribution', () => {
    const values = Array.from({ length: 400 }, (_, i) => (i * 7919) % 400);
    const mean = values.reduce((sum, value) => sum + value) / 400;
    const means = new Float64Array(2000);
    let r = 0;
    for (const counts of resamplesOf(400, 2000, 3))
      means[r++] = counts.reduce((sum, count, i) => sum + (count * (values[i] ?? 0)) / 400, 0);
    const { low, high } = bootstrapInterval(mean, means, { confidence: 0.95, samples: 400 });
    const spread = (1.96 * Math.sqrt((400 ** 2 - 1) / 12)) / 20;
    expect(Math.abs(mean - spread - low)).toBeLessThan(spread / 4);
    expect(Math.abs(mean + spread - high)).toBeLessThan(spread / 4);
  });

  it('corrects the bias of a figure that resampling raises, and always holds it', () => {
    const raised = Float64Array.from({ length: 1000 }, (_, i) => 0.9 + (i / 1000) * 0.4);
    const { low, high } = bootstrapInterval(1, raised, { confidence: 0.9, samples: 1000 });
    expect(low).toBeLessThan(0.92);
    expect(high).toBeLessThan(1.2);
    expect(bootstrapInterval(0.5, raised, { confidence: 0.9, samples: 1000 }).low).toBe(0.5);
  });

  it('finds no difference between equal models, and one where every resample says so', () => {
    expect(bootstrapPValue(new Float64Array(1000), 50)).toBe(1);
    expect(bootstrapPValue(new Float64Array(999).fill(0.1), 50)).toBeCloseTo(2 / 1000);
  });

  it('is never surer of few samples than if each were a throw of a coin', () => {
    expect(bootstrapPValue(new Float64Array(999).fill(0.1), 6)).toBe(2 / 2 ** 6);
    expect([0.5, 0.9, 0.95, 0.99].map(leastSamples)).toEqual([2, 5, 6, 8]);
  });

  it('holds its level for few samples: it is as wide as Student asks', () => {
    // Of normal figures: spread 1 / sqrt(6) of the mean, which resampling sees sqrt(5 / 6) times.
    const figures = Float64Array.from({ length: 9999 }, (_, i) => normalQuantile((i + 1) / 10_000) * Math.sqrt(5 / 6));
    const { low, high } = bootstrapInterval(0, figures, { confidence: 0.95, samples: 6 });
    // Student's quantile of 5 degrees of freedom; without the expansion it were 1.79.
    expect([low, high]).toEqual([expect.closeTo(-2.57, 1), expect.closeTo(2.57, 1)]);
  });
});

it.each([
  // scipy.stats.t.ppf.
  [0.975, 5, 2.5705818366],
  [0.975, 19, 2.0930240544],
  [0.95, 5, 2.0150483733],
  [0.995, 7, 3.4994832974],
  [0.975, 1e6, 1.9599663],
])("Student's distribution has its published quantile of %f for %i degrees of freedom", (p, freedom, quantile) => {
  expect(studentQuantile(p, freedom) / quantile).toBeCloseTo(1, 3);
});

import { seededRandom } from '#numbers';
import { gaussian } from '../random.js';
import { hypervolume } from '../fronts/hypervolume.js';
import { improvementInBoxes, undominatedBoxes } from './boxes.js';
import { cholesky, inverse, solve } from './cholesky.js';
import { GaussianProcess } from './gaussian-process.js';
import { expectedHypervolumeImprovement, expectedImprovement } from './improvement.js';

describe('cholesky', () => {
  const matrix = Float64Array.of(4, 2, 0.5, 2, 3, 1, 0.5, 1, 2);

  it('solves and inverts', () => {
    const factor = cholesky(matrix, 3)!;
    const x = solve(factor, [1, 2, 3]);
    const back = [0, 1, 2].map((row) => x.reduce((sum, value, column) => sum + matrix[row * 3 + column]! * value, 0));
    back.forEach((value, i) => expect(value).toBeCloseTo(i + 1, 10));
    const inverted = inverse(factor);
    expect(matrix.reduce((sum, value, i) => sum + value * inverted[i]!, 0)).toBeCloseTo(3, 10);
  });

  it('answers null for a matrix that is not positive', () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeNull();
  });
});

describe('GaussianProcess', () => {
  const random = seededRandom(4);
  const points = Array.from({ length: 25 }, () => Float64Array.of(random(), random()));
  const truth = ([x = 0, y = 0]: Float64Array) => Math.sin(3 * x) + 0.2 * y;
  const process = new GaussianProcess(points, points.map(truth));

  it('passes through what it was told and is sure there', () => {
    for (const point of points) {
      const { mean, deviation } = process.predict(point);
      expect(Math.abs(mean - truth(point))).toBeLessThan(0.05);
      expect(deviation).toBeLessThan(0.1);
    }
  });

  it('foresees a smooth function between its points, and is less sure away from them', () => {
    const between = process.predict(Float64Array.of(0.5, 0.5));
    expect(Math.abs(between.mean - truth(Float64Array.of(0.5, 0.5)))).toBeLessThan(0.1);
    expect(process.predict(Float64Array.of(5, 5)).deviation).toBeGreaterThan(10 * between.deviation);
  });

  it('bears equal points with different values', () => {
    const same = [Float64Array.of(0.5), Float64Array.of(0.5), Float64Array.of(0.5)];
    expect(new GaussianProcess(same, [1, 2, 3]).predict(same[0]!).mean).toBeCloseTo(2, 1);
  });

  it('bears values that are all equal', () => {
    expect(
      new GaussianProcess(
        points,
        points.map(() => 7),
      ).predict(points[0]!).mean,
    ).toBeCloseTo(7, 5);
  });
});

describe('expected improvement', () => {
  const [first, second] = [
    { mean: 1.5, deviation: 0.7 },
    { mean: 2, deviation: 0.5 },
  ];
  const front = [
    [1, 3],
    [2, 1.5],
    [3, 1],
  ];
  const draws = Array.from(
    { length: 40_000 },
    ((random) => () => [1.5 + 0.7 * gaussian(random), 2 + 0.5 * gaussian(random)])(seededRandom(9)),
  );

  it('is the mean of what draws improve', () => {
    const mean = draws.reduce((sum, [x = 0]) => sum + Math.max(0, 1.4 - x), 0) / draws.length;
    expect(expectedImprovement(first, 1.4)).toBeCloseTo(mean, 2);
  });

  it('of the hypervolume of three objectives is the mean of what draws add to it', () => {
    const high = [
      [1, 3, 2],
      [2, 1.5, 2.5],
      [3, 1, 1],
      [1.5, 2.8, 0.5],
      [1.5, 2.8, 0.5],
    ];
    const corner = [4, 4, 4];
    const third = { mean: 1.2, deviation: 0.6 };
    const random = seededRandom(5);
    const before = hypervolume(high, corner);
    const sample = draws.slice(0, 4000).map((draw) => [...draw, 1.2 + 0.6 * gaussian(random)]);
    const mean = sample.reduce((sum, draw) => sum + hypervolume([...high, draw], corner) - before, 0) / sample.length;
    const expected = improvementInBoxes([first, second, third], undominatedBoxes(high, corner));
    expect(Math.abs(expected / mean - 1)).toBeLessThan(0.05);
  });

  it('of the hypervolume is the mean of what draws add to it', () => {
    const before = hypervolume(front, [4, 4]);
    const sample = draws.slice(0, 10_000);
    const mean = sample.reduce((sum, draw) => sum + hypervolume([...front, draw], [4, 4]) - before, 0) / sample.length;
    expect(Math.abs(expectedHypervolumeImprovement(first, second, front, [4, 4]) - mean)).toBeLessThan(0.03);
  });
});

import { randomNumbers } from '#testing';
import { areFiltersAlike, commonValue, isMask, isUnbounded, isWave } from './constant-values.js';

const [POSITIONS, WIDTH] = [24, 16];
const random = randomNumbers(4);
const trained = Float32Array.from({ length: POSITIONS * WIDTH }, () => random() - 0.5);
const table = (entry: (t: number, i: number) => number) =>
  Float32Array.from({ length: POSITIONS * WIDTH }, (_, at) => entry(Math.floor(at / WIDTH), at % WIDTH));
const angle = (t: number, i: number) => t / 10000 ** ((2 * Math.floor(i / 2)) / WIDTH);

describe('what the numbers of a constant tell', () => {
  it.each([
    ['a table of sines and cosines', table((t, i) => (i % 2 ? Math.cos : Math.sin)(angle(t, i)))],
    ['the cosines of a rotation', table((t, i) => Math.cos(angle(t, i)))],
    [
      'the sines of a transform, some of them zero but for rounding',
      table((t, i) => Math.sin((2 * Math.PI * t * i) / WIDTH) * Math.sin((Math.PI * i) / WIDTH)),
    ],
    [
      'cosines and sines behind one another',
      table((t, i) => (t < POSITIONS / 2 ? Math.cos : Math.sin)((Math.PI * (t % (POSITIONS / 2)) * i) / WIDTH)),
    ],
    ['distances to a position', table((t, i) => -Math.abs(t - i))],
    ['distances that grow evenly', table((t, i) => -0.25 * (t - i))],
  ])('%s is a wave or a ramp', (_, values) => {
    expect(isWave(values, [1, POSITIONS, WIDTH])).toBe(true);
    expect(
      isWave(
        values.map((value, i) => value + 0.05 * trained[i]!),
        [1, POSITIONS, WIDTH],
      ),
    ).toBe(false);
  });

  it('what was drawn or trained is no wave', () => {
    expect(isWave(trained, [POSITIONS, WIDTH])).toBe(false);
    expect(isWave(Float32Array.of(1, 2, 3, 4), [4])).toBe(false);
  });

  it.each([
    ['a causal mask', [0, -1e9, 0, 0], [2, 2], true],
    ['a mask of ones', [0, 1, 0, 1, 1, 0], [2, 3], true],
    ['a bias that begins to move', [0, 0.1, 0], [3], false],
    ['three numbers', [0, 1, 2, 0, 1, 2], [2, 3], false],
    ['zeros alone', [0, 0, 0, 0, 0, 0], [2, 3], false],
  ])('%s', (_, values, dims, expected) => {
    expect(isMask(Float32Array.from(values), dims)).toBe(expected);
  });

  it('tells what all elements have in common', () => {
    expect(commonValue([0.5, 0.5])).toBe(0.5);
    expect(commonValue([0.5, 0.25])).toBeNull();
    expect(commonValue([0.5])).toBeNull();
    expect(isUnbounded(Float32Array.of(0, -Infinity))).toBe(true);
    expect(areFiltersAlike(Float32Array.of(1, 2, 1, 1, 2, 1), [2, 1, 3])).toBe(true);
    expect(areFiltersAlike(Float32Array.of(1, 2, 1, 1, 2, 3), [2, 1, 3])).toBe(false);
  });
});

import { floatTensor } from '#onnx';
import { randomNumbers } from '#testing';
import { zerosMask } from './keep-zeros.js';
import type { Trainable } from './trainable.js';

function weight(values: ArrayLike<number>, bits: number, isMatrix = true): Trainable {
  const floats = Float32Array.from(values);
  return {
    name: 'w',
    dims: [floats.length],
    values: floats,
    bits,
    isMatrix,
    readings: [],
    stored: (trained) => [floatTensor('w', [floats.length], trained)],
  };
}

const random = randomNumbers(9);
/** Bell-shaped weights rounded to 4 bits: a good share of them is zero by rounding alone. */
const rounded = Array.from({ length: 2000 }, () => Math.round((random() + random() + random() - 1.5) * 4.6));
const kept = (trainable: Trainable, keep?: 'auto' | 'always' | 'never') =>
  zerosMask(trainable, keep).filter((value) => value === 0).length;

describe('zeros that stay', () => {
  it('are all zeros of a float or 8-bit matrix', () => {
    expect([kept(weight([0, 1, 0, 2], 32)), kept(weight([0, 1, 0, 2], 8))]).toEqual([2, 2]);
  });

  it('are none of a bias', () => {
    expect(kept(weight([0, 1, 0, 2], 32, false))).toBe(0);
  });

  it('are none that rounding to 4 bits made, unless asked for', () => {
    expect(kept(weight(rounded, 4))).toBe(0);
    expect(kept(weight(rounded, 4), 'always')).toBeGreaterThan(100);
  });

  it('are those of a pruned 4-bit matrix', () => {
    const pruned = rounded.map((value) => (Math.abs(value) <= 3 ? 0 : value));
    expect(kept(weight(pruned, 4))).toBe(pruned.filter((value) => value === 0).length);
  });
});

import { AugmentOptions } from '#contracts';
import { float32 } from '#inference';
import { randomNumbers } from '#testing';
import { augment, augments } from './augment.js';

const image = float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
const change = (options: Partial<AugmentOptions>, random: () => number) => [...(augment({ x: image }, AugmentOptions.parse(options), random)['x']!.data as Float32Array)];

describe('augmentation', () => {
  it('does nothing by default, and says so', () => {
    expect(augments(AugmentOptions.parse({}))).toBe(false);
    expect(change({}, randomNumbers(1))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('moves an image and fills with zeros', () => {
    expect(change({ shift: 1 }, () => 0)).toEqual([5, 6, 0, 8, 9, 0, 0, 0, 0]);
  });

  it('mirrors left to right', () => {
    expect(change({ flip: true }, () => 0)).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7]);
  });

  it('blanks a square', () => {
    expect(change({ cutout: 2 }, () => 0.5)).toEqual([0, 0, 3, 0, 0, 6, 7, 8, 9]);
  });

  it('mirrors images of bytes like those of floats', () => {
    const bytes = { type: 'uint8', dims: [1, 1, 1, 3], data: Uint8Array.of(1, 2, 3) } as const;
    expect(augment({ x: bytes }, AugmentOptions.parse({ flip: true }), () => 0)['x']).toEqual({ ...bytes, data: Uint8Array.of(3, 2, 1) });
  });

  it('blends neighbours by one share that the seed decides', () => {
    const pair = float32([2, 1], [0, 1]);
    const [first, second] = augment({ x: pair }, AugmentOptions.parse({ mixup: 0.5 }), randomNumbers(4))['x']!.data as Float32Array;
    expect(first! + second!).toBeCloseTo(1, 6);
    expect(first).toBeGreaterThan(0);
  });
});

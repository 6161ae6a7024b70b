import { AugmentOptions } from '#contracts';
import { float32 } from '#inference';
import { randomNumbers } from '#testing';
import { DataType, Graph, GraphBuilder } from '#onnx';
import { augment, augments } from './augment.js';
import { augmentObstacles } from './augment-obstacles.js';

const image = float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
const change = (options: Partial<AugmentOptions>, random: () => number) => [
  ...(augment({ x: image }, AugmentOptions.parse(options), random)['x']!.data as Float32Array),
];

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
    expect(augment({ x: bytes }, AugmentOptions.parse({ flip: true }), () => 0)['x']).toEqual({
      ...bytes,
      data: Uint8Array.of(3, 2, 1),
    });
  });

  it('blends neighbours by one share that the seed decides', () => {
    const pair = float32([2, 1], [0, 1]);
    const [first, second] = augment({ x: pair }, AugmentOptions.parse({ mixup: 0.5 }), randomNumbers(4))['x']!
      .data as Float32Array;
    expect(first! + second!).toBeCloseTo(1, 6);
    expect(first).toBeGreaterThan(0);
  });

  it('blends numbers of 64 bits as those of 32', () => {
    const pair = { type: 'float64', dims: [2, 1], data: Float64Array.of(0, 1) } as const;
    const [first, second] = augment({ x: pair }, AugmentOptions.parse({ mixup: 0.5 }), randomNumbers(4))['x']!
      .data as Float64Array;
    expect([first! + second!, first! > 0]).toEqual([1, true]);
  });

  it('draws a share for the least alpha as well', () => {
    const pair = float32([2, 1], [0, 1]);
    const [first] = augment({ x: pair }, AugmentOptions.parse({ mixup: 1e-9 }), randomNumbers(4))['x']!
      .data as Float32Array;
    expect([0, 1]).toContain(first);
  });

  const graph = (...inputs: [name: string, dims: (number | string)[], type: DataType][]) => {
    const b = new GraphBuilder();
    for (const [name, dims, type] of inputs) b.input(name, dims, type);
    return new Graph(b.build());
  };
  const fields = (of: Graph, options: object) =>
    augmentObstacles(of, AugmentOptions.parse(options)).map(({ field }) => field);

  it('is refused where an input would be left as it is', () => {
    const vectors = graph(['x', ['n', 8], DataType.FLOAT]);
    const mixed = graph(['x', ['n', 3, 8, 8], DataType.FLOAT], ['ids', ['n', 6], DataType.INT64]);
    expect(fields(vectors, { flip: true, shift: 2 })).toEqual(['augment']);
    expect(fields(mixed, { flip: true, mixup: 0.2 })).toEqual(['augment.mixup']);
    expect(fields(vectors, { mixup: 0.2 })).toEqual([]);
    expect(fields(mixed, { cutout: 4 })).toEqual([]);
  });
});

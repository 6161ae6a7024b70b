import type { Preprocess } from '#contracts';
import type { HostData, HostType } from './dtype.js';
import { DatasetError } from './errors.js';
import { preparePreprocessing } from './preprocess.js';

function run(ops: Preprocess[], type: HostType, dims: number[], data: HostData, count = 1) {
  const { result, apply } = preparePreprocessing(ops, { type, dims });
  return { ...result, values: [...apply(data, count)].map(Number) };
}

describe('preprocessing', () => {
  it('scale multiplies and gives floats', () => {
    expect(run([{ op: 'scale', factor: 0.5 }], 'uint8', [2], Uint8Array.of(1, 255))).toEqual({
      type: 'float32',
      dims: [2],
      values: [0.5, 127.5],
    });
  });

  it('normalize takes one mean and deviation per channel of its axis, in every sample of the batch', () => {
    const op: Preprocess = { op: 'normalize', mean: [1, 10], std: [1, 2], axis: 0 };
    expect(run([op], 'float32', [2, 2], Float32Array.of(1, 2, 10, 12, 3, 4, 14, 16), 2).values).toEqual([
      0, 1, 0, 1, 2, 3, 2, 3,
    ]);
    expect(run([{ ...op, axis: 1 }], 'float32', [2, 2], Float32Array.of(1, 10, 2, 12)).values).toEqual([0, 0, 1, 1]);
    expect(run([{ ...op, mean: [1], std: [2] }], 'float32', [3], Float32Array.of(1, 3, 5)).values).toEqual([0, 1, 2]);
  });

  it('cast changes the element type, and a bool is what is not zero', () => {
    expect(run([{ op: 'cast', to: 'int64' }], 'float64', [2], Float64Array.of(1.7, -2))).toEqual({
      type: 'int64',
      dims: [2],
      values: [1, -2],
    });
    expect(run([{ op: 'cast', to: 'bool' }], 'float32', [2], Float32Array.of(0.5, 0)).values).toEqual([1, 0]);
    expect(run([{ op: 'cast', to: 'float32' }], 'int64', [1], BigInt64Array.of(7n)).values).toEqual([7]);
  });

  it('pad surrounds every sample, begins before ends', () => {
    const padded = run([{ op: 'pad', pads: [1, 0, 0, 1], value: 9 }], 'uint8', [1, 2], Uint8Array.of(1, 2, 3, 4), 2);
    expect(padded).toEqual({ type: 'uint8', dims: [2, 3], values: [9, 9, 9, 1, 2, 9, 9, 9, 9, 3, 4, 9] });
    expect(run([{ op: 'pad', pads: [0, 1], value: 5 }], 'int64', [1], BigInt64Array.of(1n)).values).toEqual([1, 5]);
  });

  it('reshape keeps the values', () => {
    expect(run([{ op: 'reshape', dims: [1, 4] }], 'uint8', [2, 2], Uint8Array.of(1, 2, 3, 4))).toEqual({
      type: 'uint8',
      dims: [1, 4],
      values: [1, 2, 3, 4],
    });
  });

  it('transpose turns HWC into CHW in every sample', () => {
    const hwc = Uint8Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60, 7, 70, 8, 80);
    expect(run([{ op: 'transpose', perm: [2, 0, 1] }], 'uint8', [2, 2, 2], hwc, 2)).toEqual({
      type: 'uint8',
      dims: [2, 2, 2],
      values: [1, 2, 3, 4, 10, 20, 30, 40, 5, 6, 7, 8, 50, 60, 70, 80],
    });
  });

  it('applies operations in the order given', () => {
    const ops: Preprocess[] = [
      { op: 'scale', factor: 2 },
      { op: 'pad', pads: [1, 0], value: 1 },
      { op: 'reshape', dims: [3, 1] },
    ];
    expect(run(ops, 'float32', [2], Float32Array.of(1, 2))).toEqual({
      type: 'float32',
      dims: [3, 1],
      values: [1, 2, 4],
    });
  });

  it.each<[string, Preprocess]>([
    ['pads for another rank', { op: 'pad', pads: [1, 1], value: 0 }],
    ['a shape of another size', { op: 'reshape', dims: [5] }],
    ['what is no permutation', { op: 'transpose', perm: [0, 0] }],
    ['means for another number of channels', { op: 'normalize', mean: [1, 2, 3], std: [1], axis: 0 }],
    ['an axis that is not there', { op: 'normalize', mean: [1], std: [1], axis: 2 }],
  ])('refuses %s', (_, op) => {
    expect(() => preparePreprocessing([op], { type: 'float32', dims: [2, 2] })).toThrow(DatasetError);
  });
});

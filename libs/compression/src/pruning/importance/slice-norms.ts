import { dimOf } from '#onnx';
/** Strides that enumerate a tensor's elements by their index on one axis. */
function innerSize(dims: readonly number[], axis: number): number {
  return dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
}

/** Per index on an axis, the sum of |v|^power over the slice. */
export function slicePowers(
  values: ArrayLike<number>,
  dims: readonly number[],
  axis: number,
  power: 1 | 2,
): Float64Array {
  return power === 1
    ? sumSlices(values, dims, axis, Math.abs)
    : sumSlices(values, dims, axis, (value) => value * value);
}

/** Per index on an axis, the sum of the slice. */
export function sliceSums(values: ArrayLike<number>, dims: readonly number[], axis: number): Float64Array {
  return sumSlices(values, dims, axis, (value) => value);
}

/** Per index on an axis, the sum of what a function makes of the slice's elements, in storage order. */
function sumSlices(
  values: ArrayLike<number>,
  dims: readonly number[],
  axis: number,
  of: (value: number) => number,
): Float64Array {
  const sums = new Float64Array(dimOf(dims, axis));
  const inner = innerSize(dims, axis);
  for (let at = 0; at < values.length;) {
    for (let index = 0; index < sums.length; index++) {
      let sum = sums[index]!;
      for (const end = at + inner; at < end; at++) sum += of(values[at]!);
      sums[index] = sum;
    }
  }
  return sums;
}

/** The elements of one slice, in storage order. */
export function sliceValues(
  values: ArrayLike<number>,
  dims: readonly number[],
  axis: number,
  index: number,
): Float64Array {
  const inner = innerSize(dims, axis);
  const length = dimOf(dims, axis);
  const slice = new Float64Array(values.length / length);
  for (let outer = 0, at = 0; outer * length * inner < values.length; outer++) {
    for (let i = 0; i < inner; i++) slice[at++] = values[(outer * length + index) * inner + i]!;
  }
  return slice;
}

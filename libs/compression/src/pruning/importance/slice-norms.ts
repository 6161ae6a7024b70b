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
  const sums = new Float64Array(dimOf(dims, axis));
  const inner = innerSize(dims, axis);
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    sums[Math.floor(i / inner) % sums.length]! += power === 1 ? magnitude : magnitude * magnitude;
  }
  return sums;
}

/** Per index on an axis, the sum of the slice. */
export function sliceSums(values: ArrayLike<number>, dims: readonly number[], axis: number): Float64Array {
  const sums = new Float64Array(dimOf(dims, axis));
  const inner = innerSize(dims, axis);
  for (let i = 0; i < values.length; i++) sums[Math.floor(i / inner) % sums.length]! += values[i]!;
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

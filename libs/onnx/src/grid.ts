import { roundHalfEven } from './rounding.js';

/**
 * The integers that a weight may take and the reals they stand for: real = (integer - zeroPoint) * scale, per group of
 * elements.
 */
export interface Grid {
  scale: Float32Array;
  zeroPoint: Int32Array;
  /** Index into scale and zeroPoint of the element at a flat index. */
  groupOf(element: number): number;
  /** Smallest and largest integer that may be written. */
  range: readonly [number, number];
}

/**
 * One group for all, one per index of an axis, or one per block along it; the layout of DequantizeLinear's scale input.
 */
export function gridGroups(
  dims: readonly number[],
  axis: number | null,
  blockSize: number,
): (element: number) => number {
  if (axis === null) return () => 0;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const along = dims[axis] ?? 1;
  if (blockSize === 0) return (element) => Math.floor(element / inner) % along;
  const blocks = Math.ceil(along / blockSize);
  return (element) => {
    const outer = Math.floor(element / (inner * along));
    const block = Math.floor((Math.floor(element / inner) % along) / blockSize);
    return (outer * blocks + block) * inner + (element % inner);
  };
}

/**
 * The part of a type's range that a quantizer used: symmetric signed grids leave out the lowest integer, and 8-bit ones
 * with reduced range stay within ±64 so that kernels without VNNI cannot saturate. Writing back must not leave it.
 */
export function usedRange(integers: ArrayLike<number>, [lowest, highest]: readonly [number, number]): [number, number] {
  if (lowest >= 0) return [lowest, highest];
  let largest = 0;
  for (let i = 0; i < integers.length; i++) largest = Math.max(largest, Math.abs(integers[i]!));
  if (lowest === -128 && largest <= 64) return [-64, 64];
  return largest <= highest ? [-highest, highest] : [lowest, highest];
}

/** Reals of grid integers. */
export function dequantize(
  integers: ArrayLike<number>,
  grid: Pick<Grid, 'scale' | 'zeroPoint' | 'groupOf'>,
): Float32Array {
  const values = new Float32Array(integers.length);
  for (let i = 0; i < values.length; i++) {
    const group = grid.groupOf(i);
    values[i] = (integers[i]! - grid.zeroPoint[group]!) * grid.scale[group]!;
  }
  return values;
}

/** Nearest grid integers (ties to even, as QuantizeLinear rounds); zero maps to the zero point exactly. */
export function quantizeToGrid(values: ArrayLike<number>, grid: Grid): Int32Array {
  const [low, high] = grid.range;
  const integers = new Int32Array(values.length);
  for (let i = 0; i < integers.length; i++) {
    const group = grid.groupOf(i);
    const zeroPoint = grid.zeroPoint[group]!;
    const scaled = grid.scale[group] === 0 ? 0 : roundHalfEven(values[i]! / grid.scale[group]!);
    integers[i] = Math.min(high, Math.max(low, scaled + zeroPoint));
  }
  return integers;
}

/** Positions of the codebook entries nearest to each value; zero takes an entry of zero where there is one. */
export function nearestEntries(
  values: ArrayLike<number>,
  entries: (group: number) => ArrayLike<number>,
  groupOf: (element: number) => number,
): Int32Array {
  return Int32Array.from({ length: values.length }, (_, i) => nearest(values[i]!, entries(groupOf(i))));
}

function nearest(value: number, entries: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < entries.length; k++)
    if (Math.abs(entries[k]! - value) < Math.abs(entries[best]! - value)) best = k;
  return best;
}

import type { NumberArray } from '#numbers';
import { DataType } from './proto.js';

/** A typed array holding a tensor's elements, one element per entry whatever the packed width. */
export type TensorData = NumberArray;

interface Layout {
  /** Bits of one element in rawData. */
  bits: number;
  array: new (length: number) => TensorData;
}

/** Storage of each element type that a dense tensor may have; float16 and bfloat16 are kept as their bit patterns. */
export const LAYOUTS: Partial<Record<DataType, Layout>> = {
  [DataType.FLOAT]: { bits: 32, array: Float32Array },
  [DataType.DOUBLE]: { bits: 64, array: Float64Array },
  [DataType.INT8]: { bits: 8, array: Int8Array },
  [DataType.UINT8]: { bits: 8, array: Uint8Array },
  [DataType.INT16]: { bits: 16, array: Int16Array },
  [DataType.UINT16]: { bits: 16, array: Uint16Array },
  [DataType.INT32]: { bits: 32, array: Int32Array },
  [DataType.UINT32]: { bits: 32, array: Uint32Array },
  [DataType.INT64]: { bits: 64, array: BigInt64Array },
  [DataType.UINT64]: { bits: 64, array: BigUint64Array },
  [DataType.BOOL]: { bits: 8, array: Uint8Array },
  [DataType.FLOAT16]: { bits: 16, array: Uint16Array },
  [DataType.BFLOAT16]: { bits: 16, array: Uint16Array },
  [DataType.INT4]: { bits: 4, array: Int8Array },
  [DataType.UINT4]: { bits: 4, array: Uint8Array },
  [DataType.INT2]: { bits: 2, array: Int8Array },
  [DataType.UINT2]: { bits: 2, array: Uint8Array },
};

/** The name of an element type as ONNX spells it, such as `FLOAT`; `unknown(99)` for a number outside the standard. */
export function dataTypeName(type: number): string {
  return DataType[type] ?? `unknown(${type})`;
}

/** Element types by the names that sessions and data sets use. */
export function typeName(type: number): string {
  const name = dataTypeName(type).toLowerCase();
  return { float: 'float32', double: 'float64' }[name] ?? name;
}

/** Bits of one stored element, or undefined for types without a dense layout (strings, complex, float8). */
export function dataTypeBits(type: number): number | undefined {
  return LAYOUTS[type as DataType]?.bits;
}

/** Lowest and highest value of an integer element type of up to 32 bits. */
export function integerLimits(type: number): [number, number] {
  const bits = dataTypeBits(type) ?? 8;
  if (dataTypeName(type).startsWith('UINT')) return [0, 2 ** bits - 1];
  return [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

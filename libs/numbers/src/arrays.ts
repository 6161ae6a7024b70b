import type { ElementType } from '#contracts';

/** The array that holds values of each element type; halves are held as bits. A type without its line does not compile. */
export const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<ElementType, unknown>;

/** The array of a type. */
export type ArrayOf<T extends ElementType> = (typeof ARRAYS)[T]['prototype'];

/** Values of any type. */
export type NumberArray = ArrayOf<ElementType>;

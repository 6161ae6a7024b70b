import type { HostTensor } from '#inference';
import { halfToFloat } from '#onnx';
import { DatasetError } from './errors.js';

/** Element types that a stored array may have, by NumPy's short name; NumPy has none for bfloat16. */
export type DtypeName = 'b1' | 'u1' | 'i1' | 'u2' | 'i2' | 'u4' | 'i4' | 'u8' | 'i8' | 'f2' | 'bf16' | 'f4' | 'f8';

/** Element types that a session takes. */
export type HostType = HostTensor['type'];
export type HostData = HostTensor['data'];

interface Dtype {
  bytes: number;
  /** The type under which its values reach a model: the narrowest host type that holds them all. */
  host: HostType;
  /** Little-endian, aligned bytes to host values. May be a view of the bytes. */
  decode(bytes: ArrayBuffer): HostData;
}

/** Storage of each element type; to add one, add its line. */
export const DTYPES: Record<DtypeName, Dtype> = {
  b1: { bytes: 1, host: 'bool', decode: (bytes) => new Uint8Array(bytes) },
  u1: { bytes: 1, host: 'uint8', decode: (bytes) => new Uint8Array(bytes) },
  i1: { bytes: 1, host: 'int8', decode: (bytes) => new Int8Array(bytes) },
  u2: { bytes: 2, host: 'int32', decode: (bytes) => Int32Array.from(new Uint16Array(bytes)) },
  i2: { bytes: 2, host: 'int32', decode: (bytes) => Int32Array.from(new Int16Array(bytes)) },
  u4: {
    bytes: 4,
    host: 'int64',
    decode: (bytes) => BigInt64Array.from(new Uint32Array(bytes) as Iterable<number>, BigInt),
  },
  i4: { bytes: 4, host: 'int32', decode: (bytes) => new Int32Array(bytes) },
  u8: { bytes: 8, host: 'int64', decode: unsignedToSigned },
  i8: { bytes: 8, host: 'int64', decode: (bytes) => new BigInt64Array(bytes) },
  f2: { bytes: 2, host: 'float32', decode: (bytes) => Float32Array.from(new Uint16Array(bytes), halfToFloat) },
  bf16: { bytes: 2, host: 'float32', decode: bfloatToFloats },
  f4: { bytes: 4, host: 'float32', decode: (bytes) => new Float32Array(bytes) },
  f8: { bytes: 8, host: 'float64', decode: (bytes) => new Float64Array(bytes) },
};

/** A bfloat16 is the upper half of a float. */
function bfloatToFloats(bytes: ArrayBuffer): Float32Array<ArrayBuffer> {
  const halves = new Uint16Array(bytes);
  const floats = new Uint32Array(halves.length);
  halves.forEach((half, i) => (floats[i] = half * 2 ** 16));
  return new Float32Array(floats.buffer);
}

/** Throws DatasetError for a value from 2^63 on, which would become a negative one. */
function unsignedToSigned(bytes: ArrayBuffer): BigInt64Array<ArrayBuffer> {
  const values = new BigInt64Array(bytes);
  const wrapped = values.findIndex((value) => value < 0n);
  if (wrapped >= 0)
    throw new DatasetError('dataset_dtype', 'unsigned value', {
      expected: 'below 2^63, as int64 holds it',
      got: `${BigInt.asUintN(64, values[wrapped] ?? 0n)}`,
      wayOut: 'correct it, or store the array as int64',
    });
  return values;
}

/** The values of host data as numbers, whatever they are held as. */
export function numberReader(type: HostType, data: HostData): (index: number) => number {
  if (type === 'float16') return (index) => halfToFloat(Number(data[index]));
  return (index) => Number(data[index]);
}

/** A dense tensor in host memory, as sessions take and return it. */
export type HostTensor =
  | { type: 'float32'; dims: readonly number[]; data: Float32Array }
  | { type: 'float64'; dims: readonly number[]; data: Float64Array }
  | { type: 'int64'; dims: readonly number[]; data: BigInt64Array }
  | { type: 'int32'; dims: readonly number[]; data: Int32Array }
  | { type: 'int16'; dims: readonly number[]; data: Int16Array }
  | { type: 'uint64'; dims: readonly number[]; data: BigUint64Array }
  | { type: 'uint32'; dims: readonly number[]; data: Uint32Array }
  /** Halves as their bits (IEEE 754 binary16). */
  | { type: 'uint16' | 'float16'; dims: readonly number[]; data: Uint16Array }
  | { type: 'int8'; dims: readonly number[]; data: Int8Array }
  | { type: 'uint8' | 'bool'; dims: readonly number[]; data: Uint8Array };

export type HostTensors = Record<string, HostTensor>;

export const float32 = (dims: readonly number[], data: ArrayLike<number>): HostTensor & { type: 'float32' } => ({
  type: 'float32',
  dims,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
});

export const int64 = (dims: readonly number[], values: ArrayLike<number>): HostTensor & { type: 'int64' } => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values as ArrayLike<number> & Iterable<number>, (value) => BigInt(value)),
});

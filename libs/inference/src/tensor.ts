import type { ElementType } from '#contracts';
import type { ArrayOf } from '#numbers';

/** A dense tensor in host memory, as sessions take and return it; halves as their bits (IEEE 754 binary16). */
export type HostTensor = { [T in ElementType]: { type: T; dims: readonly number[]; data: ArrayOf<T> } }[ElementType];

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

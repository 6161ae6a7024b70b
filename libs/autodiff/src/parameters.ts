import { TrainingStepError } from './errors.js';

/** A trained tensor's name, shape and place in the flat vector that holds them all. */
export interface ParameterSlot {
  name: string;
  dims: readonly number[];
  offset: number;
  size: number;
}

/** Floats of a cache line: tensors begin at one, so that an update may read and write them in whole registers. */
const ALIGNMENT = 16;

/**
 * Where each trained tensor lies in one flat vector, as weights, gradient and optimizer state do. What lies between two
 * tensors is zero and stays so.
 */
export class ParameterLayout {
  readonly slots: readonly ParameterSlot[];
  /** Length of the vector. */
  readonly size: number;
  /** Elements of the tensors. */
  readonly elements: number;

  constructor(tensors: readonly { name: string; dims: readonly number[] }[]) {
    let offset = 0;
    this.slots = tensors.map(({ name, dims }) => {
      const size = dims.reduce((product, dim) => product * dim, 1);
      const slot = { name, dims, offset, size };
      offset += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
      return slot;
    });
    this.size = offset;
    this.elements = this.slots.reduce((sum, { size }) => sum + size, 0);
  }

  /** The vector of the given tensors. Throws TrainingStepError when one is missing or has another size. */
  pack(values: ReadonlyMap<string, ArrayLike<number>>): Float32Array {
    const vector = new Float32Array(this.size);
    for (const { name, offset, size } of this.slots) {
      const data = values.get(name);
      if (data?.length !== size)
        throw new TrainingStepError(`parameter "${name}" has ${size} elements, got ${data?.length ?? 'none'}`);
      vector.set(data, offset);
    }
    return vector;
  }

  /** The tensors of a vector, as views of it. */
  unpack(vector: Float32Array): Map<string, Float32Array> {
    const part = (offset: number, size: number) => vector.subarray(offset, offset + size);
    return new Map(this.slots.map(({ name, offset, size }) => [name, part(offset, size)]));
  }
}

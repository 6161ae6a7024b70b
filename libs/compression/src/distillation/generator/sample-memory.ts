import { float32, type HostTensors } from '#inference';
import { elementCount } from '#onnx';
import type { TrainerState } from '../../training/trainer.js';

/** Batches kept for repetition, as far as they fit. */
const REMEMBERED = 100;
const LIMIT_BYTES = 128e6;

/**
 * The last batches that a generator made, each a set of tensors of the same names and shapes. They lie in vectors that
 * a checkpoint keeps as it does a trainer's, so that a run which goes on repeats what it would have repeated.
 */
export class SampleMemory {
  /** `step` is how many batches there were so far. */
  readonly state: TrainerState;
  private readonly capacity: number;

  constructor(private readonly dims: ReadonlyMap<string, readonly number[]>) {
    const batchBytes = [...dims.values()].reduce((sum, shape) => sum + 4 * elementCount(shape), 0);
    this.capacity = Math.min(REMEMBERED, Math.max(1, Math.floor(LIMIT_BYTES / batchBytes)));
    const vector = (shape: readonly number[]) => new Float32Array(this.capacity * elementCount(shape));
    const blank = [...dims].map(([name, shape]): [string, Float32Array] => [name, vector(shape)]);
    this.state = { step: 0, vectors: new Map(blank) };
  }

  /** Keeps a batch in the place of the oldest. */
  add(batch: HostTensors): void {
    const place = this.state.step % this.capacity;
    for (const [name, vector] of this.state.vectors) {
      const { data } = batch[name]!;
      vector.set(data as Float32Array, place * data.length);
    }
    this.state.step++;
  }

  /** The batch at a share of those that are kept, 0 up to but not 1. */
  at(share: number): HostTensors {
    const place = Math.floor(share * Math.min(this.state.step, this.capacity));
    return Object.fromEntries(
      [...this.dims].map(([name, shape]) => {
        const size = elementCount(shape);
        return [name, float32(shape, this.vector(name).slice(place * size, (place + 1) * size))];
      }),
    );
  }

  private vector(name: string): Float32Array {
    return this.state.vectors.get(name)!;
  }
}

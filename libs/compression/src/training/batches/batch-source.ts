import type { HostTensors } from '#inference';
import type { Stateful } from '../trainer.js';

/** One batch to learn from. */
export interface TrainingBatch {
  inputs: HostTensors;
  /** Floats to come near to: a teacher's answers by the names of its values, or labels that are numbers or blended. */
  targets: HostTensors;
  /** Class numbers; null where there are none. */
  labels: Int32Array | null;
  /** How many samples it brings, where some of them stand in it twice to fill a batch up. */
  samples?: number;
}

/** Where the batches of a training come from: recorded data, a generator, or both. */
export interface BatchSource {
  /** Batches of one epoch, always as many. */
  batchesPerEpoch: number;
  batches(epoch: number): AsyncIterable<TrainingBatch>;
  /** Trainers, and whatever else has a state that a checkpoint has to keep, by name. */
  trainers: Readonly<Record<string, Stateful>>;
  release(): Promise<void>;
}

/** A source that holds nothing beside its data. */
export function plainSource(batchesPerEpoch: number, batches: BatchSource['batches']): BatchSource {
  return { batchesPerEpoch, batches, trainers: {}, release: async () => undefined };
}

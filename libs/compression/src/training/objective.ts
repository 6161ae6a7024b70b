import type { ExtraInput, LossBuilder, WrittenLoss } from '#autodiff';
import type { HostTensors } from '#inference';
import type { TrainingBatch } from './batches/batch-source.js';

/** What a model is trained to do. */
export interface Objective {
  /** Values that the loss reads: weights that reach none of them are not trained. */
  outputs: readonly string[];
  /** What the step graph reads for the loss beside the model's inputs. */
  extraInputs: ExtraInput[];
  /** Writes the loss into the step graph. */
  write(l: LossBuilder): WrittenLoss;
  /** What a batch brings for the loss: tensors by the names of the extra inputs. */
  feeds(batch: TrainingBatch): HostTensors;
}

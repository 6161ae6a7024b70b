import type { TrainOptions } from '#contracts';
import { type Batch, type Dataset } from '#datasets';
import { float32, type HostTensors } from '#inference';
import { seededRandom } from '#numbers';
import { evenBatchSize, filledUp } from './batches/rows.js';
import { plainSource, type BatchSource, type TrainingBatch } from './batches/batch-source.js';
import { epochSeed } from './batches/epoch-seed.js';
import { augment, augments } from './batches/augment.js';
import { TARGETS } from './label-objective.js';

export interface LabelBatchesRequest {
  data: Dataset;
  inputNames: readonly string[];
  batchSize: number;
  options: TrainOptions;
  seed: number;
}

export interface HeldOutBatchesRequest extends LabelBatchesRequest {
  /** Whether the model takes batches of `batchSize` alone. */
  fixed: boolean;
}

/**
 * Samples of the train split with their labels, shuffled and changed anew in each epoch; labels that are numbers, or
 * are blended, come as targets.
 */
export function labelBatches({ data, inputNames, batchSize, options, seed }: LabelBatchesRequest): BatchSource {
  const bound = data.bindInputs(inputNames);

  async function* batches(epoch: number): AsyncGenerator<TrainingBatch> {
    const shuffleSeed = epochSeed(seed, epoch);
    const random = seededRandom(shuffleSeed ^ 0x5bd1e995);
    for await (const batch of bound.batches('train', { batchSize, shuffleSeed, dropLast: true })) {
      const rows = labelRows(batch, data.classes, options);
      // Rows of labels are blended with the samples they belong to, and not touched otherwise.
      const samples = { ...batch.inputs, ...rows };
      const changed = augments(options.augment) ? augment(samples, options.augment, random) : samples;
      const inputs = Object.fromEntries(inputNames.map((name) => [name, changed[name]!]));
      yield { inputs, labels: batch.labels, targets: rows ? { [TARGETS]: changed[TARGETS]! } : {} };
    }
  }

  return plainSource(Math.floor(data.sampleCount('train') / batchSize), batches);
}

/**
 * Every sample with its labels, unchanged, in batches as equal as can be; filled up to the batch size where the model
 * takes no other.
 */
export async function* heldOutBatches({
  data,
  inputNames,
  batchSize,
  options,
  fixed,
}: HeldOutBatchesRequest): AsyncGenerator<TrainingBatch> {
  const size = fixed ? batchSize : evenBatchSize(data.sampleCount('train'), batchSize);
  for await (const read of data.bindInputs(inputNames).batches('train', { batchSize: size })) {
    const targets = labelRows(read, data.classes, options) ?? {};
    const batch = { inputs: read.inputs, labels: read.labels, targets };
    yield fixed ? filledUp(batch, size) : batch;
  }
}

/** Labels as rows of floats, where the loss wants them so. */
function labelRows(
  { labels, targets, size }: Batch,
  classes: number | null,
  { augment: { mixup }, labelSmoothing }: TrainOptions,
): HostTensors | null {
  if (targets) return { [TARGETS]: targets };
  if (!labels || classes === null || mixup === 0) return null;
  const rows = new Float32Array(size * classes).fill(labelSmoothing / classes);
  labels.forEach((label, i) => (rows[i * classes + label]! += 1 - labelSmoothing));
  return { [TARGETS]: float32([size, classes], rows) };
}

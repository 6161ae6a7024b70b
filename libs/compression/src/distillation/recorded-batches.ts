import { epochSeed } from '../training/batches/epoch-seed.js';
import { counted, type AugmentOptions } from '#contracts';
import type { Dataset } from '#datasets';
import { randomOrder, seededRandom } from '#numbers';
import { augment, augments } from '../training/batches/augment.js';
import type { PassContext } from '../pass.js';
import { evenBatchSize, filledUp } from '../training/batches/rows.js';
import { plainSource, type BatchSource, type TrainingBatch } from '../training/batches/batch-source.js';
import { RecordedAnswers, inputsFor, type Teacher } from './teacher/teacher.js';

export interface RecordedBatchesRequest {
  data: Dataset;
  teacher: Teacher;
  inputNames: readonly string[];
  batchSize: number;
  augmentation: AugmentOptions;
  seed: number;
  /** Who is told how far the teacher is with its answers. */
  progress: PassContext['progress'];
  /**
   * To judge by: every sample, in batches as equal as can be, or filled up to `batchSize` where the model takes no
   * other.
   */
  held?: { fixed: boolean };
}

/**
 * Batches from the train split, shuffled anew in each epoch; the teacher answers once for each sample, or for each
 * changed one.
 */
export async function recordedBatches(request: RecordedBatchesRequest): Promise<BatchSource> {
  const { data, teacher, augmentation, seed, held } = request;
  const samples = data.sampleCount('train');
  const batchSize = held && !held.fixed ? evenBatchSize(samples, request.batchSize) : request.batchSize;
  const bound = data.bindInputs(request.inputNames);
  const tell = (done: number) => request.progress(0, `the teacher answers: ${done} of ${counted(samples, 'sample')}`);
  const recorded = augments(augmentation) ? null : await RecordedAnswers.record(teacher, data, 'train', tell);

  async function* batches(epoch: number): AsyncGenerator<TrainingBatch> {
    const shuffleSeed = epochSeed(seed, epoch);
    const order = randomOrder(samples, seededRandom(shuffleSeed));
    const random = seededRandom(shuffleSeed ^ 0x5bd1e995);
    let at = 0;
    for await (const { inputs, labels, size } of bound.batches('train', { batchSize, shuffleSeed, dropLast: !held })) {
      if (recorded) {
        const batch = { inputs, labels, targets: recorded.batch(order.subarray(at, at + size)) };
        yield held?.fixed ? filledUp(batch, batchSize) : batch;
      } else {
        const changed = augment(inputs, augmentation, random);
        const targets = await teacher.answer(inputsFor(teacher.inputNames, changed));
        yield { inputs: changed, labels: augmentation.mixup > 0 ? null : labels, targets };
      }
      at += size;
    }
  }

  return plainSource(Math.floor(samples / batchSize), batches);
}

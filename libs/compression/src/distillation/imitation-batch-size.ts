import type { DistillOptions } from '#contracts';
import { readModel, type Graph } from '#onnx';
import { chooseBatchSize, type BatchSize } from '../training/batches/batch-size.js';
import { fixedBatch } from '../training/batches/flexible-batch.js';
import { TrainingError } from '../training/errors.js';
import { freedCopy } from '../training/form/copied-form.js';

/**
 * Samples of a batch, of `samples` that there are. A generator runs in front of its teacher (a file), and of the student
 * (in training form), and makes as many as both can take. Throws TrainingError where there is no such number.
 */
export async function imitationBatchSize(
  student: Graph,
  teacher: Uint8Array,
  { method, batchSize }: Pick<DistillOptions, 'method' | 'batchSize'>,
  samples: number,
): Promise<BatchSize> {
  const asked = chooseBatchSize(student, batchSize, samples);
  if (method === 'discriminative') return asked;
  const ours = fixedBatch(student);
  const theirs = fixedBatch(await freedCopy(readModel(teacher)));
  if (ours !== null && theirs !== null && ours !== theirs)
    throw new TrainingError(
      `the student takes batches of ${ours}, its teacher of ${theirs}, and a generator makes the same for both: ` +
        'export one of them with a dynamic batch',
    );
  const fixed = ours ?? theirs;
  return fixed === null ? asked : chooseBatchSize(student, fixed, Infinity);
}

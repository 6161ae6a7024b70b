import type { DistillOptions } from '#contracts';
import type { Dataset } from '#datasets';
import type { HostTensors } from '#inference';
import type { PassContext } from '../pass.js';
import { TrainingError } from '../training/errors.js';

/** The samples to learn from and those held back. */
export interface TrainData {
  data: Dataset | null;
  held: Dataset | null;
}

/** What the options' method reads of the data set. Throws TrainingError where it has no train split. */
export function splitTrainData({ method, earlyStopping }: DistillOptions, { data, seed }: PassContext): TrainData {
  if (method === 'generative') return { data: null, held: null };
  if (!earlyStopping) return { data: trainData(data), held: null };
  const { train, held } = trainData(data).holdOut(earlyStopping.share, seed);
  return { data: train, held };
}

/** Throws TrainingError with the way out. */
export function trainData(data: Dataset | null): Dataset {
  if (data?.hasSplit('train')) return data;
  throw new TrainingError(
    'distill needs a data set with a train split: add one, or choose method generative, which makes its samples up',
  );
}

/** The first samples of the train split. Throws TrainingError where it is empty. */
export async function firstBatch(
  data: Dataset,
  names: readonly string[],
  batchSize: number,
): Promise<{ inputs: HostTensors; labels: Int32Array | null }> {
  const first = await data.bindInputs(names).batches('train', { batchSize, limit: batchSize }).next();
  if (!first.value) throw new TrainingError('the train split holds no sample');
  return first.value;
}

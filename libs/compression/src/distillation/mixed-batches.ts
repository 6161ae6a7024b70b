import type { BatchSource, TrainingBatch } from '../training/batches/batch-source.js';

/**
 * Recorded and generated batches in turn. Generated ones have no labels, so that the student learns from answers alone.
 */
export function mixedBatches(recorded: BatchSource, generated: BatchSource): BatchSource {
  async function* batches(epoch: number): AsyncGenerator<TrainingBatch> {
    const made = generated.batches(epoch)[Symbol.asyncIterator]();
    for await (const batch of recorded.batches(epoch)) {
      yield { ...batch, labels: null };
      const next = await made.next();
      if (!next.done) yield next.value;
    }
  }
  const release = async () => {
    await recorded.release();
    await generated.release();
  };
  const least = Math.min(recorded.batchesPerEpoch, generated.batchesPerEpoch);
  const trainers = { ...recorded.trainers, ...generated.trainers };
  return { batchesPerEpoch: recorded.batchesPerEpoch + least, batches, trainers, release };
}

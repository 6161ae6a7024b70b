import { mulberry32 } from '#datasets';
import { Generator, type GeneratorRequest } from './generator-step.js';
import type { BatchSource, TrainingBatch } from '../../training/batches/batch-source.js';
import { epochSeed } from '../../training/batches/epoch-seed.js';

/**
 * Older batches that the student repeats after each new one: it forgets what the generator has stopped making, and a
 * step of its own is cheap.
 */
const REPLAYS = 2;

/** Batches kept for repetition. */
const REMEMBERED = 100;

export interface GeneratedBatchesRequest extends GeneratorRequest {
  /** Name of the student's only input. */
  input: string;
  lessonsPerEpoch: number;
}

/**
 * Batches made from noise: a generator learns to make samples that are worth the teacher's answers ({@link
 * generatorObjective}); no data is read. Each batch trains the generator by one step. Throws TrainingError unless the
 * teacher has one input of fixed shape.
 */
export async function generatedBatches(request: GeneratedBatchesRequest): Promise<BatchSource> {
  const { lessonsPerEpoch, seed } = request;
  const generator = await Generator.create(request);

  async function* batches(epoch: number): AsyncGenerator<TrainingBatch> {
    // Begun anew in each epoch, so that a run that resumes there sees the same batches.
    const made: TrainingBatch[] = [];
    const random = mulberry32(epochSeed(seed, epoch));
    for (let i = 0; i < lessonsPerEpoch; i++) {
      const { sample, answers } = await generator.make();
      const batch: TrainingBatch = { inputs: { [request.input]: sample }, targets: answers, labels: null };
      yield batch;
      made.push(batch);
      if (made.length > REMEMBERED) made.shift();
      for (let replay = 0; replay < REPLAYS; replay++) yield made[Math.floor(random() * made.length)]!;
    }
  }

  return {
    batchesPerEpoch: lessonsPerEpoch * (1 + REPLAYS),
    batches,
    trainers: { generator: generator.trainer },
    release: () => generator.trainer.release(),
  };
}

import type { HostTensors } from '#inference';
import { seededRandom } from '#numbers';
import { Generator, type GeneratorRequest } from './generator-step.js';
import type { BatchSource, TrainingBatch } from '../../training/batches/batch-source.js';
import { epochSeed } from '../../training/batches/epoch-seed.js';
import { SampleMemory } from './sample-memory.js';

/**
 * Older batches that the student repeats after each new one: it forgets what the generator has stopped making, and a
 * step of its own is cheap.
 */
const REPLAYS = 2;

export interface GeneratedBatchesRequest extends GeneratorRequest {
  /** Name of the student's only input. */
  input: string;
  generatedBatchesPerEpoch: number;
}

/**
 * Batches made from noise: a generator learns to make samples that are worth the teacher's answers ({@link
 * generatorObjective}); no data is read. Each batch trains the generator by one step. Throws TrainingError unless the
 * teacher has one input of fixed shape.
 */
export async function generatedBatches(request: GeneratedBatchesRequest): Promise<BatchSource> {
  const { generatedBatchesPerEpoch, seed } = request;
  const generator = await Generator.create(request);
  const { input, answers } = request;
  const made = [generator.input, ...answers];
  const memory = new SampleMemory(new Map(made.map((name) => [name, generator.dims(name)])));
  const batchOf = (tensors: HostTensors): TrainingBatch => {
    const targets = Object.fromEntries(answers.map((name) => [name, tensors[name]!]));
    return { inputs: { [input]: tensors[generator.input]! }, targets, labels: null };
  };

  async function* batches(epoch: number): AsyncGenerator<TrainingBatch> {
    // Begun anew in each epoch, so that a run that resumes there repeats the same batches.
    const random = seededRandom(epochSeed(seed, epoch));
    for (let i = 0; i < generatedBatchesPerEpoch; i++) {
      const { sample, answers: given } = await generator.make();
      const tensors = { ...given, [generator.input]: sample };
      yield batchOf(tensors);
      memory.add(tensors);
      for (let replay = 0; replay < REPLAYS; replay++) yield batchOf(memory.at(random()));
    }
  }

  return {
    batchesPerEpoch: generatedBatchesPerEpoch * (1 + REPLAYS),
    batches,
    trainers: { generator: generator.trainer, memory },
    release: () => generator.trainer.release(),
  };
}

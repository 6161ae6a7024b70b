import type { DistillOptions } from '#contracts';
import type { Dataset } from '#datasets';
import type { BatchSource } from '../training/batches/batch-source.js';
import type { ModelInTraining } from '../training/model-in-training.js';
import type { PassContext } from '../pass.js';
import type { EmbeddedStudent } from './generator/embedded-student.js';
import { generatedBatches } from './generator/generated-batches.js';
import { mixedBatches } from './mixed-batches.js';
import type { OutputPair } from './outputs.js';
import { recordedBatches } from './recorded-batches.js';
import { trainData } from './train-data.js';
import type { TeacherModels } from './teacher/sources.js';
import { inputsFor, type Teacher } from './teacher/teacher.js';

export interface ImitationSourceRequest {
  teacher: Teacher;
  /** The same teacher as files, for a generator to be trained through. */
  teaching: TeacherModels;
  context: PassContext;
  options: DistillOptions;
  data: Dataset | null;
  inputNames: string[];
  batchSize: number;
  /** The teacher's output of logits, where there is one. */
  logits: string | null;
  /** The teacher's values that batches have to bring. */
  answers: readonly string[];
  pairs: readonly OutputPair[];
  model: ModelInTraining;
}

/** Where each method's batches come from. */
const SOURCES: Record<DistillOptions['method'], (request: ImitationSourceRequest) => Promise<BatchSource>> = {
  discriminative: recorded,
  generative: generated,
  hybrid: async (request) => mixedBatches(await recorded(request), await generated(request)),
};

/** The batches to learn from by the options' method; a teacher may answer them all first. */
export function imitationSource(request: ImitationSourceRequest): Promise<BatchSource> {
  return SOURCES[request.options.method](request);
}

function recorded({
  data,
  teacher,
  inputNames,
  batchSize,
  options,
  context,
}: ImitationSourceRequest): Promise<BatchSource> {
  return recordedBatches({
    data: trainData(data),
    teacher,
    inputNames,
    batchSize,
    augmentation: options.augment,
    seed: context.seed,
    progress: context.progress,
  });
}

/** An ensemble's generator is trained through its first member; what it makes is answered by all. */
async function generated({
  teacher,
  teaching,
  inputNames,
  batchSize,
  logits,
  answers,
  pairs,
  model,
  options,
  context: { seed, threads },
}: ImitationSourceRequest): Promise<BatchSource> {
  const { low, high, ...generator } = options.generator;
  const { graph } = model.form;
  const { layout } = model.trainer;
  const student: EmbeddedStudent = { graph, layout, pairs, weights: () => model.trainer.currentWeights };
  const made = await generatedBatches({
    ...generator,
    student,
    teacher: teaching.models[0]!,
    logits,
    answers,
    input: inputNames[0]!,
    batchSize,
    range: [low, high],
    seed,
    threads,
  });
  return teaching.models.length === 1 ? made : answeredBy(teacher, made);
}

/** The same batches with another teacher's answers. */
function answeredBy(teacher: Teacher, source: BatchSource): BatchSource {
  async function* batches(epoch: number) {
    for await (const batch of source.batches(epoch))
      yield { ...batch, targets: await teacher.answer(inputsFor(teacher.inputNames, batch.inputs)) };
  }
  return { ...source, batches };
}

import { AugmentOptions, type DistillOptions } from '#contracts';
import type { Dataset } from '#datasets';
import type { HostTensors } from '#inference';
import type { Shapes } from '#onnx';
import type { PassContext } from '../pass.js';
import { checkAugment } from '../training/batches/augment-obstacles.js';
import { planFromBatch } from '../training/batches/batch-plan.js';
import type { TrainingBatch } from '../training/batches/batch-source.js';
import { epochSeed } from '../training/batches/epoch-seed.js';
import { fixedBatch } from '../training/batches/flexible-batch.js';
import { splitInputs } from '../training/batches/rows.js';
import { differentiableOutputs } from '../training/form/reachable.js';
import type { TrainingForm } from '../training/form/trainable.js';
import type { TrainingSetup } from '../training/train-model.js';
import { attachFeatures, featuresOn } from './features.js';
import { imitation } from './imitation.js';
import { imitationBatchSize } from './imitation-batch-size.js';
import { imitationSource } from './imitation-source.js';
import { madeUpBatch } from './made-up-batch.js';
import { pairOutputs, type OutputPair } from './outputs.js';
import { recordedBatches } from './recorded-batches.js';
import { Ensemble } from './teacher/ensemble.js';
import { throughSoftmax } from './teacher/probabilities.js';
import type { TeacherModels } from './teacher/sources.js';
import { inputsFor, type Teacher } from './teacher/teacher.js';
import { firstBatch, splitTrainData } from './train-data.js';
import { unreadLabels } from './unread-labels.js';

export interface ImitationRequest {
  form: TrainingForm;
  teacher: Teacher;
  /** The same teacher as files, for a generator to be trained through. */
  teaching: TeacherModels;
  context: PassContext;
  options: DistillOptions;
}

/**
 * What a student is to learn and from which batches, told from one batch: of the train split, or made up from the
 * model's input shapes where no data is read. Throws TrainingError when teacher and student do not go together.
 */
export async function prepareImitation(request: ImitationRequest): Promise<TrainingSetup> {
  const { form, options, context } = request;
  const { data, held } = splitTrainData(options, context);
  checkAugment(form.graph, options.augment);
  const { batchSize, warnings } = await imitationBatchSize(
    form.graph,
    request.teaching.models[0]!,
    options,
    data?.sampleCount('train') ?? Infinity,
  );
  const inputNames = form.graph.inputs.map(({ name }) => name);
  const example = data
    ? await firstBatch(data, inputNames, batchSize)
    : { inputs: madeUpBatch(form.graph, batchSize), labels: null };
  const { plan, shapes: observed, inputs } = await planFromBatch(form.graph, example.inputs, context);
  const answers = await firstAnswers(request.teacher, data, plan.partSize, inputs);
  const pairs = pairsOf(request, observed, answers, data);
  const logits = pairs.filter(({ kind }) => kind === 'classification').map(({ answer }) => answer);
  const teacher = softened(request.teacher, logits, options);
  const { features, shapes } = attachFeatures(form, observed, answers, options.features, context.seed);
  const hasLabels = example.labels !== null && options.augment.mixup === 0 && options.method === 'discriminative';
  const order = { batchSize, shuffleSeed: epochSeed(context.seed, options.epochs) };
  const answered = [...pairs, ...features].map(({ answer }) => answer);
  const read = { logits: logits[0] ?? null, answers: answered, pairs };
  const source = { ...request, teacher, data, inputNames, batchSize, ...read };
  return {
    shapes,
    plan,
    batchSize,
    objective: imitation(pairs, hasLabels, options, features),
    objectiveOn: (on) => imitation(onShapes(pairs, on), hasLabels, options, featuresOn(features, on)),
    warnings: [...warnings, ...unreadLabels(options, data), ...leftOutputs(form)],
    begin: (model) => imitationSource({ ...source, model }),
    heldOut: async () => (held ? heldOutBatches({ ...request, teacher }, held, plan.partSize) : undefined),
    seen: data ? () => splitInputs(data, inputNames, order) : null,
    release: () => request.teacher.release(),
  };
}

/** The teacher's answers to the samples that the student's shapes were seen on. */
async function firstAnswers(
  teacher: Teacher,
  data: Dataset | null,
  samples: number,
  inputs: HostTensors,
): Promise<HostTensors> {
  const asked = data
    ? (await firstBatch(data, teacher.inputNames, samples)).inputs
    : inputsFor(teacher.inputNames, inputs);
  return teacher.answer(asked);
}

function pairsOf(
  { form, options }: ImitationRequest,
  shapes: Shapes,
  answers: HostTensors,
  data: Dataset | null,
): OutputPair[] {
  const { outputs } = differentiableOutputs(form);
  const pairs = pairOutputs({ outputs, shapes, answers, classes: data?.classes, kinds: options.outputs });
  return throughSoftmax(form.graph, pairs, answers);
}

function softened(teacher: Teacher, logits: readonly string[], { temperature }: DistillOptions): Teacher {
  return teacher instanceof Ensemble ? teacher.softened(logits, temperature) : teacher;
}

const UNCHANGED = AugmentOptions.parse({});

/** The samples held back with the teacher's answers, which are recorded once. */
async function heldOutBatches(
  { form, teacher, context }: ImitationRequest,
  data: Dataset,
  batchSize: number,
): Promise<() => AsyncIterable<TrainingBatch>> {
  const source = await recordedBatches({
    data,
    teacher,
    inputNames: form.graph.inputs.map(({ name }) => name),
    batchSize,
    augmentation: UNCHANGED,
    seed: context.seed,
    progress: context.progress,
    held: { fixed: fixedBatch(form.graph) !== null },
  });
  return () => source.batches(0);
}

/** Outputs that the student is not taught. */
function leftOutputs(form: TrainingForm): string[] {
  return differentiableOutputs(form).left.map(
    ({ output, reason }) => `output "${output}" is left out of the loss: ${reason}`,
  );
}

function onShapes(pairs: readonly OutputPair[], shapes: Shapes): OutputPair[] {
  return pairs.map((pair) => ({ ...pair, dims: shapes.get(pair.output) ?? pair.dims }));
}

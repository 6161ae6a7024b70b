import type { Shapes } from '#autodiff';
import { AugmentOptions, DEFAULT_ALPHA, type DistillOptions } from '#contracts';
import type { Dataset } from '#datasets';
import { float32, type HostTensors } from '#inference';
import { DataType, elementCount, readModel, valueDims, valueElemType, type Graph } from '#onnx';
import type { PassContext } from '../pass.js';
import { checkAugment } from '../training/batches/augment-obstacles.js';
import { TrainingError } from '../training/errors.js';
import { fixedBatch } from '../training/batches/flexible-batch.js';
import { trainingBatch, type TrainingBatch } from '../training/batches/training-batch.js';
import { planFromBatch, type BatchPlan } from '../training/batches/batch-plan.js';
import type { TrainingForm } from '../training/form/trainable.js';
import { Ensemble } from './teacher/ensemble.js';
import { attachFeatures, type Feature } from './features.js';
import { generatedLessons } from './generator/generated-lessons.js';
import { imitation } from './imitation.js';
import type { Learner } from './generator/learner.js';
import { splitInputs, type Curriculum } from '../training/batches/lesson.js';
import { mixedLessons } from './mixed-lessons.js';
import { pairOutputs, type Target } from './outputs.js';
import { throughSoftmax } from './teacher/probabilities.js';
import { recordedLessons } from './recorded-lessons.js';
import { epochSeed } from '../training/batches/epoch-seed.js';
import type { TeacherModels } from './teacher/sources.js';
import { freedCopy, outputNames, type Student } from '../training/student.js';
import type { Task } from '../training/task.js';
import { inputsFor, type Teacher } from './teacher/teacher.js';

export interface LessonsRequest {
  form: TrainingForm;
  teacher: Teacher;
  /** The same teacher as files, for a generator to be trained through. */
  teaching: TeacherModels;
  context: PassContext;
  options: DistillOptions;
}

export interface PreparedLessons {
  /** Shapes of the student's values on a batch. */
  shapes: Shapes;
  /** How the batches are divided: shapes and task are for one part. */
  plan: BatchPlan;
  task: Task;
  /** The same task on batches of other shapes. */
  taskOn(shapes: Shapes): Task;
  batchSize: number;
  /** The lessons themselves for the student of the form; they may record answers of the teacher first. */
  begin(student: Student): Promise<Curriculum>;
  /** What the person should know of them. */
  warnings: readonly string[];
  /** Samples as the trained model will see them; null where there is no data. */
  seen: (() => AsyncIterable<HostTensors>) | null;
  /** Lessons held back to judge the student by, where the options ask for it. */
  held(): Promise<Curriculum | undefined>;
}

/**
 * What a student is to learn and from which lessons, told from one batch: of the train split, or made up from the model's input shapes
 * where no data is read. Throws TrainingError when teacher and student do not go together.
 */
export async function prepareLessons(request: LessonsRequest): Promise<PreparedLessons> {
  const { form, options, context } = request;
  const { data, held } = lessonData(options, context);
  checkAugment(form.graph, options.augment);
  const { batchSize, warnings } = await batchOf(request, data);
  const inputNames = form.graph.inputs.map(({ name }) => name);
  const example = data
    ? await firstBatch(data, inputNames, batchSize)
    : { inputs: madeUp(form.graph, batchSize), labels: null };
  const { plan, shapes: observed, inputs } = await planFromBatch(form.graph, example.inputs, context);
  const answers = await request.teacher.answer(
    data
      ? (await firstBatch(data, request.teacher.inputNames, plan.partSize)).inputs
      : inputsFor(request.teacher.inputNames, inputs),
  );
  const pairs = pairOutputs({
    outputs: outputNames(form.graph),
    shapes: observed,
    answers,
    classes: data?.classes,
    kinds: options.outputs,
  });
  const targets = throughSoftmax(form.graph, pairs, answers);
  const hasLabels = example.labels !== null && options.augment.mixup === 0 && options.method === 'discriminative';
  const logits = targets.filter(({ kind }) => kind === 'classification').map(({ answer }) => answer);
  const teacher =
    request.teacher instanceof Ensemble ? request.teacher.softened(logits, options.temperature) : request.teacher;
  const { features, shapes } = attachFeatures(form, observed, answers, options.features, context.seed);
  const lessons = {
    ...request,
    teacher,
    data,
    inputNames,
    batchSize,
    logits: logits[0] ?? null,
    answers: [...targets, ...features].map(({ answer }) => answer),
    targets,
  };
  const order = { batchSize, shuffleSeed: epochSeed(context.seed, options.epochs) };
  const heldData = held && {
    data: held,
    teacher,
    inputNames,
    batchSize: plan.partSize,
    augmentation: UNCHANGED,
    seed: context.seed,
    held: { fixed: fixedBatch(form.graph) !== null },
  };
  return {
    shapes,
    plan,
    task: imitation(targets, hasLabels, options, features),
    taskOn: (on) =>
      imitation(
        onShapes(targets, on),
        hasLabels,
        options,
        features.map((feature) => featureOn(feature, on)),
      ),
    batchSize,
    warnings: [...warnings, ...unreadLabels(options, data)],
    seen: data ? () => splitInputs(data, inputNames, order) : null,
    begin: (student) => CURRICULA[options.method]({ ...lessons, student }),
    held: async () => (heldData ? recordedLessons(heldData) : undefined),
  };
}

const UNCHANGED = AugmentOptions.parse({});

/** Samples of a lesson. A generator runs in front of its teacher, and of the student, and makes as many as both can take. */
async function batchOf({ form, teaching, options }: LessonsRequest, data: Dataset | null): Promise<TrainingBatch> {
  const asked = trainingBatch(form.graph, options.batchSize, data?.sampleCount('train') ?? Infinity);
  if (options.method === 'discriminative') return asked;
  const [ours, theirs] = [fixedBatch(form.graph), fixedBatch(await freedCopy(readModel(teaching.models[0]!)))];
  if (ours !== null && theirs !== null && ours !== theirs)
    throw new TrainingError(
      `the student takes batches of ${ours}, its teacher of ${theirs}, and a generator makes the same for both: export one of them with a dynamic batch`,
    );
  const fixed = ours ?? theirs;
  return fixed === null ? asked : trainingBatch(form.graph, fixed, Infinity);
}

/** What the options say of labels, where none are read. */
function unreadLabels({ method, alpha, labelSmoothing }: DistillOptions, data: Dataset | null): string[] {
  if (!data) return [];
  if (method === 'hybrid')
    return data.classes === null
      ? []
      : ['method hybrid learns from the answers of the teacher alone: the labels of the data set are not read'];
  const asked = [
    ...(alpha !== DEFAULT_ALPHA && alpha < 1 ? [`alpha ${alpha}`] : []),
    ...(labelSmoothing > 0 ? [`labelSmoothing ${labelSmoothing}`] : []),
  ];
  return data.classes === null && asked.length > 0
    ? [`the data set has no labels with classes: ${asked.join(' and ')} is not heeded`]
    : [];
}

function onShapes(targets: readonly Target[], shapes: Shapes): Target[] {
  return targets.map((target) => ({ ...target, dims: shapes.get(target.output) ?? target.dims }));
}

function featureOn(feature: Feature, shapes: Shapes): Feature {
  const dims = shapes.get(feature.value) ?? feature.dims;
  return { ...feature, dims, answerDims: [dims[0]!, ...feature.answerDims.slice(1)] };
}

/** The samples to learn from and those held back. */
function lessonData(
  { method, earlyStopping }: DistillOptions,
  { data, seed }: PassContext,
): { data: Dataset | null; held: Dataset | null } {
  if (method === 'generative') return { data: null, held: null };
  if (!earlyStopping) return { data: trainData(data), held: null };
  const { train, held } = trainData(data).holdOut(earlyStopping.share, seed);
  return { data: train, held };
}

interface CurriculumRequest extends LessonsRequest {
  data: Dataset | null;
  inputNames: string[];
  batchSize: number;
  /** The teacher's output of logits, where there is one. */
  logits: string | null;
  /** The teacher's values that lessons have to bring. */
  answers: readonly string[];
  targets: readonly Target[];
  student: Student;
}

/** Where each method's lessons come from. */
const CURRICULA: Record<DistillOptions['method'], (request: CurriculumRequest) => Promise<Curriculum>> = {
  discriminative: recorded,
  generative: generated,
  hybrid: async (request) => mixedLessons(await recorded(request), await generated(request)),
};

function recorded({ data, teacher, inputNames, batchSize, options, context }: CurriculumRequest): Promise<Curriculum> {
  return recordedLessons({
    data: trainData(data),
    teacher,
    inputNames,
    batchSize,
    augmentation: options.augment,
    seed: context.seed,
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
  targets,
  student,
  options,
  context: { seed, threads },
}: CurriculumRequest): Promise<Curriculum> {
  const { low, high, ...generator } = options.generator;
  const learner: Learner = {
    graph: student.form.graph,
    layout: student.trainer.layout,
    targets,
    weights: () => student.trainer.currentWeights,
  };
  const made = await generatedLessons({
    ...generator,
    learner,
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

/** The same lessons with another teacher's answers. */
function answeredBy(teacher: Teacher, curriculum: Curriculum): Curriculum {
  async function* lessons(epoch: number) {
    for await (const lesson of curriculum.lessons(epoch))
      yield { ...lesson, answers: await teacher.answer(inputsFor(teacher.inputNames, lesson.inputs)) };
  }
  return { ...curriculum, lessons };
}

function trainData(data: Dataset | null): Dataset {
  if (data?.hasSplit('train')) return data;
  throw new TrainingError(
    'distill needs a data set with a train split: add one, or choose method generative, which makes its samples up',
  );
}

async function firstBatch(data: Dataset, names: readonly string[], batchSize: number) {
  const first = await data.bindInputs(names).batches('train', { batchSize, limit: batchSize }).next();
  if (!first.value) throw new TrainingError('the train split holds no sample');
  return first.value;
}

/** A batch of the shapes that the model declares, to see what shapes follow from them. */
function madeUp(graph: Graph, batchSize: number): HostTensors {
  return Object.fromEntries(
    graph.inputs.map((input): [string, HostTensors[string]] => {
      const sample = (valueDims(input) ?? []).slice(1);
      if (
        valueElemType(input) !== DataType.FLOAT ||
        sample.length === 0 ||
        sample.some((dim) => typeof dim !== 'number')
      ) {
        throw new TrainingError(
          `samples cannot be made up for the input "${input.name}": it must be of floats and fixed in every dimension but the batch`,
        );
      }
      const dims = [batchSize, ...(sample as number[])];
      return [
        input.name,
        float32(
          dims,
          Float32Array.from({ length: elementCount(dims) }, (_, i) => Math.sin(i)),
        ),
      ];
    }),
  );
}

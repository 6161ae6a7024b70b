import type { Skipped, TrainerOptions } from '#contracts';
import {
  adam,
  buildDividedStep,
  buildTrainingStep,
  reachedTargets,
  sgd,
  type Optimizer,
  type Shapes,
  type TrainingStepRequest,
} from '#autodiff';
import { BUILDER_OPSET, DataType, Graph, cloneModel, valueElemType, liftOpset, type ModelProto } from '#onnx';
import { liftConstants } from '../rewrites/constants.js';
import { spellCasts } from '../rewrites/spell-casts.js';
import { UnknownLayerError } from '../errors.js';
import { blockedLayout } from './parallel/blocked-layout.js';
import type { Division } from './parallel/divided-runner.js';
import { fixedBatch, freeBatch } from './batches/flexible-batch.js';
import { zerosMask } from './form/keep-zeros.js';
import { storedName } from './form/release.js';
import { untieMerged } from './form/untie.js';
import { trainingForm, type Trainable, type TrainingForm, type TrainingFormOptions } from './form/trainable.js';
import { Trainer, type StepLosses } from './trainer.js';
import type { Lesson } from './batches/lesson.js';
import type { Task } from './task.js';

/** What a student is made of. */
export interface StudentRequest {
  form: TrainingForm;
  /** Shapes of the form's values on a batch of the size that all batches will have, or on one part of it. */
  shapes: Shapes;
  /** How batches are divided; absent for batches that are not. */
  division?: Division | undefined;
  task: Task;
  options: TrainerOptions & { keepZeros: 'auto' | 'always' | 'never' };
  threads: number;
}

/** The model under training, from its first step to the tensors that go back into its file. */
export class Student {
  private constructor(
    readonly form: TrainingForm,
    private readonly trainables: readonly Trainable[],
    private readonly task: Task,
    readonly trainer: Trainer,
    /** Elements under training, and how many of them are zeros that stay. */
    readonly size: number,
    readonly keptZeros: number,
  ) {}

  /** Throws MissingGradientError naming nodes without a rule. */
  static async create({ form, shapes, task, options, threads, division }: StudentRequest): Promise<Student> {
    for (const { option, pattern, names } of form.unknown) throw new UnknownLayerError(option, pattern, names);
    const trainables = reachable(form, task.outputs, shapes);
    const matrices = new Set(trainables.filter(({ isMatrix }) => isMatrix).map(({ name }) => name));
    const request: TrainingStepRequest = {
      graph: form.graph,
      shapes,
      parameters: trainables.map(({ name }) => name),
      extraInputs: task.objective.extraInputs,
      loss: task.objective.write,
      optimizer: optimizerOf(options),
      decays: (name) => matrices.has(name),
      averaging: options.averaging,
      masked: trainables.some((trainable) => zerosMask(trainable, options.keepZeros).includes(0)),
      block: await blockedLayout(),
      ...(options.clipNorm === undefined ? {} : { clipNorm: options.clipNorm }),
    };
    const divided = division && division.parts > 1 ? buildDividedStep(request) : null;
    const step = divided ?? buildTrainingStep(request);
    const pack = (value: (trainable: Trainable) => Float32Array) =>
      step.layout.pack(new Map(trainables.map((trainable) => [trainable.name, value(trainable)])));
    const mask = pack((trainable) => zerosMask(trainable, options.keepZeros));
    const start = { weights: pack(({ values }) => values), mask };
    const trainer =
      divided && division
        ? await Trainer.divided(divided, start, division)
        : await Trainer.create(step, start, threads);
    return new Student(
      form,
      trainables,
      task,
      trainer,
      step.layout.size,
      mask.reduce((count, value) => count + Number(value === 0), 0),
    );
  }

  /** What was taken for a weight and what was not, for the summary: names of trained tensors, and the others with their reasons. */
  get weights(): { trained: string[]; left: { name: string; reason: string }[] } {
    const trained = this.trainables.filter(({ readings }) => readings.length > 0).map(({ name }) => storedName(name));
    return {
      trained,
      left: [...this.form.skipped, ...this.unread].map(({ node, reason }) => ({ name: node, reason })),
    };
  }

  /** Weights that no path joins with what the loss reads. */
  get unread(): Skipped[] {
    const rest = this.form.trainables.filter(({ name }) => !this.trainables.some((trained) => trained.name === name));
    return rest
      .filter(({ readings }) => readings.length > 0)
      .map(({ name, readings }) => ({
        node: storedName(name),
        opType: readings[0]?.node.opType ?? '',
        reason: 'no gradient of what the loss reads leads back to it: it stays as it is',
      }));
  }

  /** One step of its task. Throws DivergedError. */
  learn(lesson: Lesson, learningRate: number): Promise<StepLosses> {
    return this.trainer.run({ ...lesson.inputs, ...this.task.feeds(lesson) }, learningRate);
  }

  /** Writes the trained values into the model, each in its own storage. */
  store(model: ModelProto): void {
    const graph = new Graph(model);
    liftConstants(graph);
    const values = this.trainer.layout.unpack(this.trainer.weights);
    for (const trainable of this.trainables) {
      for (const tensor of trainable.stored(values.get(trainable.name)!, values)) graph.replaceInitializer(tensor);
    }
  }

  async release(): Promise<void> {
    await this.trainer.release();
  }
}

/** The training form of a copy of the model, in the opset that gradients are written in. */
export function studentForm(model: ModelProto, options: TrainingFormOptions = {}): TrainingForm {
  const { model: copy } = liftedCopy(model);
  untieMerged(copy, options.freeze);
  return trainingForm(new Graph(copy), options);
}

/** The same in a form that takes batches of any size, where that is proven; where not, of the file's own. */
export async function freedForm(model: ModelProto, options: TrainingFormOptions = {}): Promise<TrainingForm> {
  const { model: copy } = await freedCopy(model);
  untieMerged(copy, options.freeze);
  return { ...trainingForm(new Graph(copy), options), fileBatch: fixedBatch(new Graph(model)) };
}

/** A copy as {@link liftedCopy} makes it, which takes batches of any size where that is proven. */
export async function freedCopy(model: ModelProto): Promise<Graph> {
  const { model: copy } = liftedCopy(model);
  await freeBatch(copy);
  return new Graph(copy);
}

/** A copy in the builder's opset at least, its constants in sight. */
export function liftedCopy(model: ModelProto): Graph {
  const copy = cloneModel(model);
  liftOpset(copy, BUILDER_OPSET);
  const graph = new Graph(copy);
  liftConstants(graph);
  spellCasts(graph);
  return graph;
}

/** The outputs of floats: what a student can be trained towards. */
export function outputNames(graph: Graph): string[] {
  return graph.outputs.filter((output) => valueElemType(output) === DataType.FLOAT).map(({ name }) => name);
}

function optimizerOf({ optimizer, momentum, nesterov, weightDecay }: TrainerOptions): Optimizer {
  return optimizer === 'adam' ? adam({ weightDecay }) : sgd({ momentum, nesterov, weightDecay });
}

/** The trainables to which a gradient of one of the values leads back. */
export function reachable(
  { graph, trainables }: TrainingForm,
  values: readonly string[],
  shapes?: Shapes,
): Trainable[] {
  const reached = reachedTargets(
    graph,
    values,
    trainables.map(({ name }) => name),
    shapes,
  );
  return trainables.filter(({ name }) => reached.has(name));
}

import type { DistillOptions } from '#contracts';
import { adam, buildTrainingStep, sgd, type Optimizer } from '#autodiff';
import type { HostTensors } from '#inference';
import { BUILDER_OPSET, DataType, Graph, cloneModel, valueElemType, type ModelProto } from '#onnx';
import { liftConstants } from '../prepare/constants.js';
import { liftOpset } from '../prepare/opset.js';
import { hasBlockedLayout } from '../train/blocked-layout.js';
import { TrainingError } from '../train/errors.js';
import { zerosMask } from '../train/keep-zeros.js';
import { observeTrainingShapes } from '../train/observe.js';
import { trainingForm, type Trainable, type TrainingForm } from '../train/trainable.js';
import { Trainer, type StepLosses } from '../train/trainer.js';
import { LABELS, answerInput, distillObjective, labelled } from './objective.js';
import { pairOutputs, type Target } from './outputs.js';

/** What a student is made of. */
export interface StudentRequest {
  model: ModelProto;
  /** A batch of the size that all batches will have. */
  inputs: HostTensors;
  hasLabels: boolean;
  /** The teacher's answers to that batch. */
  answers: HostTensors;
  /** Classes of the data set: null without labels, undefined without a data set. */
  classes: number | null | undefined;
  options: DistillOptions;
  threads: number;
}

/** The model under training, from its first step to the tensors that go back into its file. */
export class Student {
  private constructor(
    readonly form: TrainingForm,
    private readonly trainables: readonly Trainable[],
    private readonly targets: readonly Target[],
    /** Whether lessons have to bring labels. */
    private readonly hasLabels: boolean,
    readonly trainer: Trainer,
    /** Elements under training, and how many of them are zeros that stay. */
    readonly size: number,
    readonly keptZeros: number,
  ) {}

  /** Throws TrainingError when the answers of student and teacher differ in shape, MissingGradientError naming nodes without a rule. */
  static async create({ model, inputs, answers, classes, options, threads, ...request }: StudentRequest): Promise<Student> {
    const form = studentForm(model);
    const shapes = await observeTrainingShapes(form.graph, inputs);
    const targets = pairOutputs({ outputs: outputNames(form.graph), shapes, answers, classes, kinds: options.outputs });
    const hasLabels = labelled(targets, request.hasLabels) !== undefined;
    const trainables = reachable(form, ...targets.map(({ output }) => output));
    const objective = distillObjective(targets, hasLabels, options);
    const matrices = new Set(trainables.filter(({ isMatrix }) => isMatrix).map(({ name }) => name));
    const step = buildTrainingStep({
      graph: form.graph,
      shapes,
      parameters: trainables.map(({ name }) => name),
      extraInputs: objective.extraInputs,
      loss: objective.write,
      optimizer: optimizerOf(options),
      decays: (name) => matrices.has(name),
      averaging: options.averaging,
      blocked: await hasBlockedLayout(),
      ...(options.clipNorm === undefined ? {} : { clipNorm: options.clipNorm }),
    });
    const pack = (value: (trainable: Trainable) => Float32Array) => step.layout.pack(new Map(trainables.map((trainable) => [trainable.name, value(trainable)])));
    const mask = pack((trainable) => zerosMask(trainable, options.keepZeros));
    const trainer = await Trainer.create(step, { weights: pack(({ values }) => values), mask }, threads);
    return new Student(form, trainables, targets, hasLabels, trainer, step.layout.size, mask.reduce((count, value) => count + Number(value === 0), 0));
  }

  get inputNames(): string[] {
    return this.form.graph.inputs.map(({ name }) => name);
  }

  /** One step towards the teacher's answers. Throws DivergedError. */
  learn(inputs: HostTensors, answers: HostTensors, labels: Int32Array | null, learningRate: number): Promise<StepLosses> {
    const hard: HostTensors = labels && this.hasLabels ? { [LABELS]: { type: 'int64', dims: [labels.length], data: BigInt64Array.from(labels, BigInt) } } : {};
    const soft = Object.fromEntries(this.targets.map(({ answer }) => [answerInput(answer), answers[answer]!]));
    return this.trainer.run({ ...inputs, ...hard, ...soft }, learningRate);
  }

  /** Writes the trained values into the model, each in its own storage. */
  store(model: ModelProto): void {
    const graph = new Graph(model);
    liftConstants(graph);
    const values = this.trainer.layout.unpack(this.trainer.weights);
    for (const trainable of this.trainables) graph.replaceInitializer(trainable.stored(values.get(trainable.name)!));
  }

  async release(): Promise<void> {
    await this.trainer.release();
  }
}

/** The training form of a copy of the model, in the opset that gradients are written in. */
export function studentForm(model: ModelProto): TrainingForm {
  return trainingForm(liftedCopy(model));
}

/** A copy in the builder's opset at least, its constants in sight. */
export function liftedCopy(model: ModelProto): Graph {
  const copy = cloneModel(model);
  liftOpset(copy, BUILDER_OPSET);
  const graph = new Graph(copy);
  liftConstants(graph);
  return graph;
}

export function outputName(graph: Graph): string {
  return graph.outputs[0]!.name;
}

/** The outputs of floats: what a student can be trained towards. */
export function outputNames(graph: Graph): string[] {
  return graph.outputs.filter((output) => valueElemType(output) === DataType.FLOAT).map(({ name }) => name);
}

function optimizerOf({ optimizer, momentum, nesterov, weightDecay }: DistillOptions): Optimizer {
  return optimizer === 'adam' ? adam({ weightDecay }) : sgd({ momentum, nesterov, weightDecay });
}

/** The trainables whose change reaches one of the values. */
export function reachable({ graph, trainables }: TrainingForm, ...values: readonly string[]): Trainable[] {
  const reaches = new Set(values);
  for (const node of [...graph.nodes].reverse()) {
    if (node.output.some((value) => reaches.has(value))) for (const value of node.input) reaches.add(value);
  }
  return trainables.filter(({ name }) => reaches.has(name));
}

import type { Skipped, TrainerOptions } from '#contracts';
import { buildGradientStep } from '#autodiff';
import { Graph, type ModelProto, type Shapes } from '#onnx';
import { liftConstants } from '../rewrites/constants.js';
import { UnknownLayerError } from '../errors.js';
import { blockedLayout } from './parallel/blocked-layout.js';
import type { Division } from './parallel/divided-runner.js';
import { zerosMask } from './form/keep-zeros.js';
import { storedName } from './form/shadow-name.js';
import { reachable } from './form/reachable.js';
import type { Trainable, TrainingForm } from './form/trainable.js';
import { Trainer, type StepLosses } from './trainer.js';
import { adam, sgd, type Optimizer } from './update/optimizer.js';
import type { TrainingBatch } from './batches/batch-source.js';
import type { Objective } from './objective.js';

/** What a model under training is made of. */
export interface ModelInTrainingRequest {
  form: TrainingForm;
  /** Shapes of the form's values on a batch of the size that all batches will have, or on one part of it. */
  shapes: Shapes;
  /** How batches are divided; absent for batches that are not. */
  division?: Division | undefined;
  objective: Objective;
  options: TrainerOptions & { keepZeros: 'auto' | 'always' | 'never' };
  threads: number;
}

/** What was trained, what of it began at the floats that it was rounded from, and what was not, for the summary. */
interface TrainedWeights {
  trained: string[];
  fromFloats?: string[];
  left: { name: string; reason: string }[];
}

/** The model under training, from its first step to the tensors that go back into its file. */
export class ModelInTraining {
  private constructor(
    readonly form: TrainingForm,
    private readonly trainables: readonly Trainable[],
    private readonly objective: Objective,
    readonly trainer: Trainer,
    /** Elements under training, and how many of them are zeros that stay. */
    readonly size: number,
    readonly keptZeros: number,
  ) {}

  /** Throws MissingGradientError naming nodes without a rule. */
  static async create({
    form,
    shapes,
    objective,
    options,
    threads,
    division,
  }: ModelInTrainingRequest): Promise<ModelInTraining> {
    for (const { option, pattern, names } of form.unknown) throw new UnknownLayerError(option, pattern, names);
    const trainables = reachable(form, objective.outputs, shapes);
    const matrices = new Set(trainables.filter(({ isMatrix }) => isMatrix).map(({ name }) => name));
    const step = buildGradientStep({
      graph: form.graph,
      shapes,
      parameters: trainables.map(({ name }) => name),
      extraInputs: objective.extraInputs,
      loss: objective.write,
      block: await blockedLayout(),
    });
    const pack = (value: (trainable: Trainable) => Float32Array) => {
      const values = trainables.map((trainable) => [trainable.name, value(trainable)] as const);
      return step.layout.pack(new Map(values));
    };
    const mask = pack((trainable) => zerosMask(trainable, options.keepZeros));
    const start = {
      weights: pack(({ values }) => values),
      mask,
      optimizer: optimizerOf(options),
      clipNorm: options.clipNorm,
      decays: (name: string) => matrices.has(name),
      averaging: options.averaging,
    };
    const trainer =
      division && division.parts > 1
        ? await Trainer.divided(step, start, division)
        : await Trainer.create(step, start, threads);
    const { elements } = step.layout;
    const zeros = elements - mask.reduce((count, value) => count + value, 0);
    return new ModelInTraining(form, trainables, objective, trainer, elements, zeros);
  }

  /**
   * What was taken for a weight and what was not, for the summary: names of trained tensors, and the others with their
   * reasons.
   */
  get weights(): TrainedWeights {
    const weights = this.trainables.filter(({ readings }) => readings.length > 0);
    const left = [...this.form.skipped, ...this.unread].map(({ node, reason }) => ({ name: node, reason }));
    const names = (of: readonly Trainable[]) => of.map(({ name }) => storedName(name));
    const begun = names(weights.filter(({ isFromFloats }) => isFromFloats));
    return { trained: names(weights), ...(begun.length > 0 ? { fromFloats: begun } : {}), left };
  }

  /** Weights that no path joins with what the loss reads. */
  get unread(): Skipped[] {
    const trained = new Set(this.trainables.map(({ name }) => name));
    const rest = this.form.trainables.filter(({ name, readings }) => !trained.has(name) && readings.length > 0);
    return rest.map(({ name, readings }) => ({
      node: storedName(name),
      opType: readings[0]?.node.opType ?? '',
      reason: 'no gradient of what the loss reads leads back to it: it stays as it is',
    }));
  }

  /** One step towards its objective. Throws DivergedError. */
  learn(batch: TrainingBatch, learningRate: number): Promise<StepLosses> {
    return this.trainer.run({ ...batch.inputs, ...this.objective.feeds(batch) }, learningRate);
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

function optimizerOf({ optimizer, momentum, nesterov, weightDecay }: TrainerOptions): Optimizer {
  return optimizer === 'adam' ? adam({ weightDecay }) : sgd({ momentum, nesterov, weightDecay });
}

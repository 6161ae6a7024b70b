import { buildGradientStep } from '#autodiff';
import { float32, type HostTensor, type HostTensors } from '#inference';
import { seededRandom } from '#numbers';
import { Graph, readModel, tensorToFloats, type Shapes } from '#onnx';
import { blockedLayout } from '../../training/parallel/blocked-layout.js';
import { TrainingError } from '../../training/errors.js';
import { weightTensors } from '../../training/parallel/gradient-runner.js';
import { observeTrainingShapes } from '../../training/observe.js';
import { Trainer, type StepLosses } from '../../training/trainer.js';
import { adam } from '../../training/update/optimizer.js';
import { batchNorms } from './batch-norms.js';
import { NOISE, NOISE_SIZE, generatorBefore } from './generator.js';
import { generatorObjective, type Comparison } from './generator-objective.js';
import { sampleInput } from './sample-input.js';
import { studentValue, type EmbeddedStudent } from './embedded-student.js';
import { logitsBehind } from '../../training/logits-behind.js';
import { epochSeed } from '../../training/batches/epoch-seed.js';
import { freedCopy } from '../../training/form/copied-form.js';

export interface GeneratorRequest {
  /** The model that samples are made for. */
  teacher: Uint8Array;
  /** Its output of logits, null when it has none. */
  logits: string | null;
  /** Values of the teacher to answer with. */
  answers: readonly string[];
  batchSize: number;
  /** Lowest and highest value of real inputs. */
  range: readonly [number, number];
  learningRate: number;
  /** Weight of the norms' statistics. */
  statistics: number;
  /** Weight of the discrepancy between teacher and student. */
  adversarial: number;
  /** Whom it is measured on; not needed where its weight is 0. */
  student: EmbeddedStudent | null;
  seed: number;
  threads: number;
}

/** A generator in front of a teacher, trained by one step for each batch that it makes. */
export class Generator {
  private constructor(
    readonly trainer: Trainer,
    /** The teacher's input, which it makes. */
    readonly input: string,
    private readonly shapes: Shapes,
    private readonly request: GeneratorRequest,
    private readonly student: EmbeddedStudent | null,
  ) {}

  /** Throws TrainingError unless the teacher has one input of floats whose shape is fixed but for the batch. */
  static async create(request: GeneratorRequest): Promise<Generator> {
    const { batchSize, seed } = request;
    const student = request.adversarial > 0 ? request.student : null;
    const teacher = await freedCopy(readModel(request.teacher));
    const taken = sampleInput(teacher);
    if (taken === null)
      throw new TrainingError(
        'the generative method needs a teacher with one input of floats whose shape is fixed but for the batch',
      );
    const { input } = taken;
    const sample = { ...taken, range: request.range };
    const { graph, parameters } = generatorBefore(teacher.model, sample, batchSize, seed, student);
    const shapes = await observeTrainingShapes(graph, { [NOISE]: noise(batchSize, seed, 0), ...weightsOf(student) });
    const { logits } = request;
    const names = graph.outputs.map(({ name }) => name);
    const regressions = names.filter((name) => name !== logits && request.answers.includes(name));
    const step = buildGradientStep({
      graph,
      shapes,
      parameters,
      extraInputs: [],
      loss: (l) =>
        generatorObjective(l, {
          logits: logits && logitsBehind(graph, logits),
          regressions,
          features: logits === null ? null : lastFeatures(graph, logits),
          norms: batchNorms(teacher),
          statistics: request.statistics,
          compared: comparisons(graph, student),
          adversarial: request.adversarial,
        }),
      outputs: [...new Set([input, ...request.answers])],
      block: await blockedLayout(),
    });
    const starts = parameters.map((name) => [name, tensorToFloats(graph.initializer(name)!)] as const);
    const start = { weights: step.layout.pack(new Map(starts)), optimizer: adam({ beta1: 0.5 }) };
    return new Generator(await Trainer.create(step, start, request.threads), input, shapes, request, student);
  }

  /** Shape of what it makes, or of one of the answers. */
  dims(name: string): readonly number[] {
    return this.shapes.get(name)!;
  }

  /** Makes a batch, with the teacher's answers to it, and learns from them. Throws DivergedError. */
  async make(): Promise<{ sample: HostTensor; answers: HostTensors; losses: StepLosses }> {
    const { batchSize, seed, learningRate } = this.request;
    const feeds = { [NOISE]: noise(batchSize, seed, this.trainer.state.step), ...weightsOf(this.student) };
    const { outputs, losses } = await this.trainer.runWithOutputs(feeds, learningRate);
    const answers = Object.fromEntries(this.request.answers.map((name) => [name, outputs[name]!]));
    return { sample: outputs[this.input]!, answers, losses };
  }
}

/** What the graph reads of the student: its weights as they stand. */
function weightsOf(student: EmbeddedStudent | null): HostTensors {
  if (!student) return {};
  const weights = Object.entries(weightTensors(student.layout, student.weights()));
  return Object.fromEntries(weights.map(([name, tensor]) => [studentValue(name), tensor]));
}

/** What teacher and student are compared by, behind a final Softmax by their logits. */
function comparisons(graph: Graph, student: EmbeddedStudent | null): Comparison[] {
  return (student?.pairs ?? []).map(({ kind, answer, output, logits, isProbability }) => {
    if (kind !== 'classification')
      return { kind, teacher: answer, student: studentValue(output), isProbability: false };
    const teacher = logitsBehind(graph, answer);
    return { kind, teacher, student: studentValue(logits), isProbability: isProbability && teacher === answer };
  });
}

/** Normal noise that the seed and the step decide. */
function noise(batch: number, seed: number, step: number): HostTensor {
  const random = seededRandom(epochSeed(seed ^ 0x2545f491, step));
  const normal = () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  };
  return float32([batch, NOISE_SIZE], Float32Array.from({ length: batch * NOISE_SIZE }, normal));
}

/** What the last layer with a weight reads, null when there is none. */
function lastFeatures(graph: Graph, output: string): string | null {
  for (let value = output; ;) {
    const node = graph.producer(value);
    const computed = node?.input.find((name) => name !== '' && !graph.initializer(name));
    if (!node || computed === undefined) return null;
    if (['Gemm', 'MatMul', 'Conv'].includes(node.opType)) return computed;
    value = computed;
  }
}

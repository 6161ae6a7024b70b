import { adam, buildTrainingStep } from '#autodiff';
import { mulberry32 } from '#datasets';
import { float32, type HostTensor } from '#inference';
import { Graph, readModel, tensorToFloats, valueDims, type ModelProto } from '#onnx';
import { blockedLayout } from '../train/blocked-layout.js';
import { TrainingError } from '../train/errors.js';
import { observeTrainingShapes } from '../train/observe.js';
import { Trainer } from '../train/trainer.js';
import { NOISE, NOISE_SIZE, generatorBefore } from './generator.js';
import { generatorObjective } from './generator-objective.js';
import type { Curriculum, Lesson } from './lesson.js';
import { epochSeed } from './recorded-lessons.js';
import { liftedCopy } from './student.js';

/** Older lessons that the student repeats after each new one: it forgets what the generator has stopped making, and a step of its own is cheap. */
const REPLAYS = 2;

/** Lessons kept for repetition. */
const REMEMBERED = 100;

export interface GeneratedLessonsRequest {
  teacher: Uint8Array;
  /** Values of the teacher that lessons answer with beside its output. */
  hidden: readonly string[];
  /** Name of the student's only input. */
  input: string;
  batchSize: number;
  lessonsPerEpoch: number;
  /** Lowest and highest value of real inputs. */
  range: readonly [number, number];
  learningRate: number;
  seed: number;
  threads: number;
}

/**
 * Lessons made from noise: a generator learns to make samples that the teacher answers with certainty, in every class alike; no
 * data is read. Each lesson trains the generator by one step. Throws TrainingError unless the teacher is a classifier with one input.
 */
export async function generatedLessons(request: GeneratedLessonsRequest): Promise<Curriculum> {
  const { batchSize, seed, threads } = request;
  const teacher = liftedCopy(readModel(request.teacher)).model;
  const { input, dims, output, features } = classifierOf(teacher);
  const { graph, parameters } = generatorBefore(teacher, { input, dims, range: request.range }, batchSize, seed);
  const noise = noiseSource(batchSize, seed);
  const shapes = await observeTrainingShapes(graph, { [NOISE]: noise(0) });
  if (shapes.get(output)!.length !== 2) throw new TrainingError(`the generative method needs logits [N, K]; the teacher's output "${output}" is [${shapes.get(output)}]`);
  const answered = [output, ...request.hidden];
  const step = buildTrainingStep({
    graph,
    shapes,
    parameters,
    extraInputs: [],
    loss: (g) => generatorObjective(g, { logits: output, features }),
    optimizer: adam({ beta1: 0.5 }),
    outputs: [...new Set([input, ...answered])],
    block: await blockedLayout(),
  });
  const weights = step.layout.pack(new Map(parameters.map((name) => [name, tensorToFloats(graph.initializer(name)!)])));
  const trainer = await Trainer.create(step, { weights, mask: new Float32Array(weights.length).fill(1) }, threads);

  async function* lessons(epoch: number): AsyncGenerator<Lesson> {
    // Begun anew in each epoch, so that a run that resumes there sees the same lessons.
    const made: Lesson[] = [];
    const random = mulberry32(epochSeed(seed, epoch));
    for (let i = 0; i < request.lessonsPerEpoch; i++) {
      const { outputs } = await trainer.runWithOutputs({ [NOISE]: noise(trainer.state.step) }, request.learningRate);
      const lesson: Lesson = { inputs: { [request.input]: outputs[input]! }, answers: Object.fromEntries(answered.map((name) => [name, outputs[name]!])), labels: null };
      yield lesson;
      made.push(lesson);
      if (made.length > REMEMBERED) made.shift();
      for (let replay = 0; replay < REPLAYS; replay++) yield made[Math.floor(random() * made.length)]!;
    }
  }

  return { lessonsPerEpoch: request.lessonsPerEpoch * (1 + REPLAYS), lessons, trainers: { generator: trainer }, release: () => trainer.release() };
}

/** Normal noise that the seed and the step decide. */
function noiseSource(batch: number, seed: number): (step: number) => HostTensor {
  return (step) => {
    const random = mulberry32(epochSeed(seed ^ 0x2545f491, step));
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return float32([batch, NOISE_SIZE], Float32Array.from({ length: batch * NOISE_SIZE }, normal));
  };
}

function classifierOf(teacher: ModelProto): { input: string; dims: number[]; output: string; features: string } {
  const graph = new Graph(teacher);
  const [input, ...others] = graph.inputs;
  const dims = (input && valueDims(input)?.slice(1)) ?? [];
  if (!input || others.length > 0 || dims.length === 0 || dims.some((dim) => typeof dim !== 'number')) {
    throw new TrainingError('the generative method needs a teacher with one input whose shape is fixed but for the batch');
  }
  const output = graph.outputs[0]!.name;
  return { input: input.name, dims: dims as number[], output, features: lastFeatures(graph, output) };
}

/** What the last layer with a weight reads. */
function lastFeatures(graph: Graph, output: string): string {
  for (let value = output; ;) {
    const node = graph.producer(value);
    if (!node) throw new TrainingError('the generative method needs a teacher that ends in Gemm, MatMul or Conv');
    const computed = node.input.find((name) => name !== '' && !graph.initializer(name));
    if (computed === undefined || ['Gemm', 'MatMul', 'Conv'].includes(node.opType)) return computed ?? value;
    value = computed;
  }
}

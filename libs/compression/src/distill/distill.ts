import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DistillOptions } from '#contracts';
import { adam, buildTrainingStep, missingGradients, type Shapes, type TrainingStep } from '#autodiff';
import { shuffledIndices, type Dataset } from '#datasets';
import type { HostTensors } from '#inference';
import { Graph, cloneModel, type ModelProto } from '#onnx';
import { liftConstants } from '../prepare/constants.js';
import type { Pass, PassContext } from '../pass.js';
import { hasBlockedLayout } from '../train/blocked-layout.js';
import { TrainingError } from '../train/errors.js';
import { zerosMask } from '../train/keep-zeros.js';
import { observeTrainingShapes } from '../train/observe.js';
import { SCHEDULES } from '../train/schedule.js';
import { trainingForm, type Trainable, type TrainingForm } from '../train/trainable.js';
import { Trainer, type StepLosses } from '../train/trainer.js';
import { LABELS, TEACHER, distillObjective } from './objective.js';
import { TeacherOutputs } from './teacher.js';

/** Steps between two progress messages. */
const REPORT_EVERY = 10;

/** File beside the model that holds the losses over the run. */
export const CURVE_FILE = 'training-curve.json';

/** One point of the training curve. */
type CurvePoint = { step: number; epoch: number; learningRate: number; samplesPerS: number } & StepLosses;

/**
 * Trains the stage's model to give the answers of the job's original model. Zeros stay zero and integers stay on their
 * grids: the model is trained in floats behind simulated rounding and written back in its own storage.
 */
export const distill: Pass<'distill'> = {
  name: 'distill',

  preflight(model) {
    const form = trainingForm(prepared(cloneModel(model)));
    const missing = missingGradients(form.graph, [outputName(form.graph)], form.trainables.map(({ name }) => name));
    return [...form.skipped, ...missing.map(({ node, opType }) => ({ node, opType, reason: 'it has no gradient rule and lies between a weight and the output: the model cannot be distilled' }))];
  },

  async run(context, options) {
    const { model, data, seed, threads } = context;
    if (!data) throw new TrainingError('distill needs a data set with a train split');
    const run = await prepare(context, data, options);
    const trainer = await Trainer.create(run.step, startOf(run), threads);
    const started = performance.now();
    const curve = await train(trainer, run, { ...context, data }, options);
    const seconds = (performance.now() - started) / 1000;
    store(model, run, trainer.weights);
    await trainer.release();
    await writeFile(join(context.outputPath, CURVE_FILE), `${JSON.stringify({ seed, options, points: curve })}\n`);
    const last = curve.at(-1)!;
    return {
      model,
      skipped: run.form.skipped,
      files: [CURVE_FILE],
      summary: { steps: trainer.state.step, parameters: run.step.layout.size, keptZeros: run.frozen, firstLoss: curve[0]!['loss'], lastLoss: last['loss'], seconds, samplesPerS: (trainer.state.step * run.batchSize) / seconds },
    };
  },
};

/** All that a run needs before its first step. */
interface Run {
  form: TrainingForm;
  trainables: Trainable[];
  step: TrainingStep;
  teacher: TeacherOutputs;
  batchSize: number;
  samples: number;
  mask: Float32Array;
  /** Elements that stay zero. */
  frozen: number;
}

async function prepare({ model, baseline, threads, log }: PassContext, data: Dataset, options: DistillOptions): Promise<Run> {
  const form = trainingForm(prepared(cloneModel(model)));
  const bound = data.bindInputs(form.graph.inputs.map(({ name }) => name));
  const samples = data.sampleCount('train');
  const batchSize = Math.min(options.batchSize, samples);
  const first = (await bound.batches('train', { batchSize, limit: batchSize }).next()).value;
  if (!first) throw new TrainingError('the train split holds no sample');
  const shapes = await observeTrainingShapes(form.graph, first.inputs);
  const teacher = await TeacherOutputs.compute(baseline, data, 'train', threads);
  const output = outputName(form.graph);
  checkOutputs(output, shapes, teacher, batchSize);
  const trainables = reachable(form, output);
  const objective = distillObjective(output, shapes.get(output)!, first.labels !== null, options);
  const step = buildTrainingStep({ graph: form.graph, shapes, parameters: trainables.map(({ name }) => name), extraInputs: objective.extraInputs, loss: objective.write, optimizer: adam(), blocked: await hasBlockedLayout() });
  const mask = step.layout.pack(new Map(trainables.map((trainable) => [trainable.name, zerosMask(trainable, options.keepZeros)])));
  const frozen = mask.reduce((count, value) => count + Number(value === 0), 0);
  log(`training ${step.layout.size} parameters, ${frozen} of them zeros that stay; ${samples} samples in batches of ${batchSize}`);
  return { form, trainables, step, teacher, batchSize, samples, mask, frozen };
}

async function train(trainer: Trainer, run: Run, { data, seed, progress }: PassContext & { data: Dataset }, options: DistillOptions): Promise<CurvePoint[]> {
  const bound = data.bindInputs(run.form.graph.inputs.map(({ name }) => name));
  const perEpoch = Math.floor(run.samples / run.batchSize);
  const steps = perEpoch * options.epochs;
  const curve: CurvePoint[] = [];
  let reported = performance.now();
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const shuffleSeed = epochSeed(seed, epoch);
    const order = shuffledIndices(run.samples, shuffleSeed);
    let at = 0;
    for await (const batch of bound.batches('train', { batchSize: run.batchSize, shuffleSeed, dropLast: true })) {
      const learningRate = options.learningRate * SCHEDULES[options.schedule](trainer.state.step, steps);
      const feeds: HostTensors = { ...batch.inputs, [TEACHER]: run.teacher.batch(order.subarray(at, at + batch.size)) };
      if (batch.labels) feeds[LABELS] = { type: 'int64', dims: [batch.size], data: BigInt64Array.from(batch.labels, BigInt) };
      const losses = await trainer.run(feeds, learningRate);
      at += batch.size;
      const step = trainer.state.step;
      if (step % REPORT_EVERY !== 0 && step !== steps && step !== 1) continue;
      const now = performance.now();
      const samplesPerS = Math.round(((step === 1 ? 1 : REPORT_EVERY) * batch.size * 1000) / (now - reported));
      reported = now;
      curve.push({ step, epoch: epoch + 1, learningRate, samplesPerS, ...losses } as CurvePoint);
      progress(step / steps, `epoch ${epoch + 1} of ${options.epochs}`, { ...losses, learningRate, samplesPerS });
    }
  }
  return curve;
}

/** Another order in each epoch, all of them decided by the job's seed. */
function epochSeed(seed: number, epoch: number): number {
  return (Math.imul(seed, 0x9e3779b1) + epoch) >>> 0;
}

function startOf({ step, trainables, mask }: Run): { weights: Float32Array; mask: Float32Array } {
  return { weights: step.layout.pack(new Map(trainables.map(({ name, values }) => [name, values]))), mask };
}

/** Writes the trained values into the model, each in its own storage. */
function store(model: ModelProto, { step, trainables }: Run, weights: Float32Array): void {
  const graph = new Graph(model);
  liftConstants(graph);
  const values = step.layout.unpack(weights);
  for (const trainable of trainables) graph.replaceInitializer(trainable.stored(values.get(trainable.name)!));
}

function prepared(model: ModelProto): Graph {
  const graph = new Graph(model);
  liftConstants(graph);
  return graph;
}

function outputName(graph: Graph): string {
  return graph.outputs[0]!.name;
}

/** The trainables that a change of reaches the output. */
function reachable({ graph, trainables }: TrainingForm, output: string): Trainable[] {
  const reaches = new Set([output]);
  for (const node of [...graph.nodes].reverse()) {
    if (node.output.some((value) => reaches.has(value))) for (const value of node.input) reaches.add(value);
  }
  return trainables.filter(({ name }) => reaches.has(name));
}

function checkOutputs(output: string, shapes: Shapes, teacher: TeacherOutputs, batchSize: number): void {
  const dims = shapes.get(output)!;
  const expected = [batchSize, ...teacher.dims];
  if (dims.join() !== expected.join()) throw new TrainingError(`the student's output "${output}" is [${dims}], the teacher's is [${expected}]: they must agree`);
}

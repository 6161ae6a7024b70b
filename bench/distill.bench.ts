import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOG } from '#compression';
import { DistillOptions, PruneOptions, QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { Session } from '#inference';
import { GraphBuilder, cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import type { BenchResult } from './harness.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

/** Labels alone: what the student learns without a teacher. */
const FROM_LABELS = { alpha: 0 };

/** MNIST digits for nets of 28 x 28 pixels, the arrays of the seed-net example. */
async function digits(folder: string): Promise<Dataset> {
  for (const file of ['mnist-train.npz', 'mnist-test.npz']) await copyFile(join(EXAMPLES, 'seed-net', file), join(folder, file));
  const manifest = {
    name: 'digits',
    inputs: { '*': { array: 'x', preprocess: [{ op: 'scale', factor: 1 / 255 }] } },
    labels: { array: 'y', classes: 10 },
    splits: { train: { file: 'mnist-train.npz' }, test: { file: 'mnist-test.npz' } },
  };
  await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
  return openDataset(folder);
}

/** Students of a teacher by each method; a big teacher for a smaller net; recovery after pruning. */
export async function run(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
  try {
    const data = await digits(folder);
    const results = [...(await lenet(data, folder)), ...(await hinton(data, folder)), ...(await recovery(folder))];
    await data.close();
    return results;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function lenet(data: Dataset, folder: string): Promise<BenchResult[]> {
  const teacher = readModel(await readFile(join(EXAMPLES, 'lenet-5/lenet-5.onnx')));
  const student = halfLenet();
  const net = 'lenet-5 -> half width';
  const methods: [string, Partial<DistillOptions>][] = [
    ['scratch', FROM_LABELS],
    ['discriminative', {}],
    ['generative', GENERATIVE],
    ['hybrid', { ...GENERATIVE, method: 'hybrid', epochs: 5 }],
  ];
  const results: BenchResult[] = [{ net, method: 'teacher', top1: await top1(teacher, data), seconds: null }];
  for (const [method, options] of methods) results.push({ net, method, ...(await taught(student, teacher, data, folder, options)) });
  return results;
}

const GENERATIVE: Partial<DistillOptions> = { method: 'generative', epochs: 16, batchSize: 128 };

/** Hinton et al. 2015, section 3: a wide teacher with jittered digits, a narrower student plain and distilled. */
async function hinton(data: Dataset, folder: string): Promise<BenchResult[]> {
  const [wide, narrow] = [dense(1200), dense(800)];
  const net = '2x1200 -> 2x800';
  const training = { epochs: 8, batchSize: 128, learningRate: 1e-3 };
  const teacher = cloneModel(wide);
  const trained = await taught(teacher, wide, data, folder, { ...training, ...FROM_LABELS, augment: { shift: 2, flip: false, cutout: 0, mixup: 0 } }, true);
  return [
    { net, method: 'teacher', ...trained },
    { net, method: 'scratch', ...(await taught(narrow, wide, data, folder, { ...training, ...FROM_LABELS })) },
    { net, method: 'discriminative', ...(await taught(narrow, teacher, data, folder, { ...training, alpha: 0.9 })) },
  ];
}

/** Accuracy that zeros and coarse grids cost, and distillation gives back. */
async function recovery(folder: string): Promise<BenchResult[]> {
  const data = await openDataset(join(EXAMPLES, 'seed-net'));
  const original = readModel(await readFile(join(EXAMPLES, 'seed-net/seed-net.onnx')));
  const context = () => contextOf(cloneModel(original), original, data, folder);
  const damaged: [string, () => Promise<ModelProto>][] = [
    ['90 % of weights zero', async () => (await CATALOG.prune.run(context(), PruneOptions.parse({ granularity: 'weight', ratio: 0.9 }))).model!],
    ['4-bit weights', async () => (await CATALOG.quantize.run(context(), QuantizeOptions.parse({ weightBits: 4 }))).model!],
    ['2-bit weights', async () => (await CATALOG.quantize.run(context(), QuantizeOptions.parse({ weightBits: 2 }))).model!],
  ];
  const results: BenchResult[] = [];
  for (const [damage, inflict] of damaged) {
    const model = await inflict();
    const net = `seed-net, ${damage}`;
    results.push({ net, method: 'none', top1: await top1(model, data), seconds: null });
    results.push({ net, method: 'discriminative', ...(await taught(model, original, data, folder, {})) });
  }
  await data.close();
  return results;
}

/** Distils a copy of the student, or with `inPlace` the student itself. */
async function taught(student: ModelProto, teacher: ModelProto, data: Dataset, folder: string, options: Partial<DistillOptions>, inPlace = false): Promise<{ top1: number; seconds: number }> {
  const model = inPlace ? student : cloneModel(student);
  const start = performance.now();
  await CATALOG.distill.run(contextOf(model, teacher, data, folder), DistillOptions.parse(options));
  return { top1: await top1(model, data), seconds: (performance.now() - start) / 1000 };
}

function contextOf(model: ModelProto, teacher: ModelProto, data: Dataset, outputPath: string) {
  const baseline = writeModel(teacher);
  return { model, baseline, history: [baseline], data, seed: 1, threads: 1, outputPath, progress: () => undefined, log: () => undefined };
}

async function top1(model: ModelProto, data: Dataset): Promise<number> {
  const session = await Session.create(writeModel(model));
  let [right, seen] = [0, 0];
  for await (const { inputs, labels, size } of data.bindInputs(session.inputs.map(({ name }) => name)).batches('test', { batchSize: 200 })) {
    const logits = Object.values(await session.run(inputs))[0]!.data as Float32Array;
    for (let i = 0; i < size; i++, seen++) {
      const row = logits.subarray(i * 10, i * 10 + 10);
      right += Number(row.indexOf(Math.max(...row)) === labels![i]);
    }
  }
  await session.release();
  return right / seen;
}

/** Random weights with variance 1 / fan-in. */
function weights(seed: number): (b: GraphBuilder, dims: readonly number[], fanIn: number) => string {
  const random = randomNumbers(seed);
  return (b, dims, fanIn) => b.float(Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => (2 * random() - 1) * Math.sqrt(3 / fanIn)), dims);
}

function halfLenet(): ModelProto {
  const b = new GraphBuilder('h');
  const weight = weights(3);
  const zeros = (size: number) => b.float(new Float32Array(size));
  const stage = (x: string, from: number, to: number) =>
    b.op('MaxPool', [b.op('Conv', [x, weight(b, [to, from, 5, 5], from * 25), zeros(to)], { kernel_shape: [5, 5] })], { kernel_shape: [2, 2], strides: [2, 2] });
  const features = b.op('Flatten', [stage(stage(b.input('input', ['n', 1, 28, 28]), 1, 10), 10, 25)]);
  const hidden = b.op('Relu', [b.op('Gemm', [features, weight(b, [250, 400], 400), zeros(250)], { transB: 1 })]);
  b.output(b.op('Gemm', [hidden, weight(b, [10, 250], 250), zeros(10)], { transB: 1 }, { outputs: ['logits'] }), ['n', 10]);
  return b.build();
}

function dense(width: number): ModelProto {
  const b = new GraphBuilder('d');
  const weight = weights(width);
  const layer = (x: string, from: number, to: number) => b.op('Gemm', [x, weight(b, [to, from], from), b.float(new Float32Array(to))], { transB: 1 });
  const first = b.op('Relu', [layer(b.op('Flatten', [b.input('input', ['n', 1, 28, 28])]), 784, width)]);
  b.output(layer(b.op('Relu', [layer(first, width, width)]), width, 10), ['n', 10]);
  return b.build();
}

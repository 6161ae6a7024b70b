import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CATALOG } from '#compression';
import { DistillOptions, QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { EXAMPLES, smallDigits, top1 } from './digits.js';
import { round, type BenchResult } from './harness.js';

const WIDTHS = [8, 4, 3, 2] as const;

/** How the weights come to their levels. */
const ROUNDINGS = ['nearest', 'seqmse', 'gptq', 'adaround'] as const;

/** Epochs of distillation behind simulated rounding, from weights rounded to nearest. */
const QAT_EPOCHS = 4;

/** Training on the grids as they are, and with their scales (LSQ). */
const TRAININGS = [
  ['qat', false],
  ['lsq', true],
] as const;

interface Subject {
  net: string;
  model: ModelProto;
  data: Dataset;
  folder: string;
}

/** Top-1 on 2,000 digits of two nets at each width, by rounding alone and after training on the grid. */
export async function run(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
  const subjects = [
    {
      net: 'seed-net',
      model: readModel(await readFile(join(EXAMPLES, 'seed-net/seed-net.onnx'))),
      data: await openDataset(join(EXAMPLES, 'seed-net')),
      folder,
    },
    {
      net: 'lenet-5',
      model: readModel(await readFile(join(EXAMPLES, 'lenet/lenet-5.onnx'))),
      data: await smallDigits(folder),
      folder,
    },
  ];
  try {
    const results: BenchResult[] = [];
    for (const subject of subjects) results.push(...(await widthsOf(subject)));
    return results;
  } finally {
    for (const { data } of subjects) await data.close();
    await rm(folder, { recursive: true });
  }
}

async function widthsOf(subject: Subject): Promise<BenchResult[]> {
  const { net, model, data } = subject;
  const results: BenchResult[] = [{ net, bits: 32, rounding: 'float', top1: await top1(model, data), seconds: null }];
  for (const bits of WIDTHS) {
    for (const rounding of ROUNDINGS)
      results.push({
        net,
        bits,
        rounding,
        ...(await timed(data, () => quantized(subject, { weightBits: bits, rounding }))),
      });
    for (const [rounding, learnScales] of TRAININGS) {
      results.push({
        net,
        bits,
        rounding,
        ...(await timed(data, async () =>
          trained(subject, await quantized(subject, { weightBits: bits }), learnScales),
        )),
      });
    }
  }
  return results;
}

async function quantized(subject: Subject, options: Partial<QuantizeOptions>): Promise<ModelProto> {
  return (await CATALOG.quantize.run(contextOf(subject, cloneModel(subject.model)), QuantizeOptions.parse(options)))
    .model!;
}

async function trained(subject: Subject, model: ModelProto, learnScales: boolean): Promise<ModelProto> {
  return (
    await CATALOG.distill.run(contextOf(subject, model), DistillOptions.parse({ epochs: QAT_EPOCHS, learnScales }))
  ).model!;
}

function contextOf({ model: original, data, folder }: Subject, model: ModelProto) {
  const baseline = writeModel(original);
  return {
    model,
    baseline,
    history: [baseline],
    data,
    seed: 1,
    threads: 1,
    outputPath: folder,
    progress: () => undefined,
    log: () => undefined,
  };
}

async function timed(data: Dataset, make: () => Promise<ModelProto>): Promise<{ top1: number; seconds: number }> {
  const start = performance.now();
  const model = await make();
  const seconds = round((performance.now() - start) / 1000, 3);
  return { top1: await top1(model, data), seconds };
}

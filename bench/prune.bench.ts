import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CATALOG, type PassContext } from '#compression';
import { PruneOptions } from '#contracts';
import { Session, float32 } from '#inference';
import { GraphBuilder, readModel, writeModel, type ModelProto } from '#onnx';
import { alternate, median, peakMb, round, timeMs, type BenchResult } from './harness.js';
import { mobileNetLike, resNet8 } from './nets.js';

const SEED_NET = fileURLToPath(new URL('../../examples/seed-net/seed-net.onnx', import.meta.url));
const RATIOS = [0.25, 0.5, 0.75];
const RUNS = 40;

/** Speed-up reached against MACs saved at three channel ratios, and the cost of pruning a large model. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  const seedNet = await readFile(SEED_NET);
  const nets: Record<string, { model: () => ModelProto; dims: number[] }> = {
    'seed-net': { model: () => readModel(seedNet), dims: [1, 1, 32, 32] },
    'resnet-like': { model: () => resNet8(64), dims: [1, 3, 32, 32] },
    'mobilenet-like': { model: mobileNetLike, dims: [1, 3, 96, 96] },
  };
  for (const [net, { model, dims }] of Object.entries(nets)) for (const ratio of RATIOS) results.push(await speedUp(net, model, dims, ratio));
  results.push(await largeModel());
  return results;
}

async function speedUp(net: string, model: () => ModelProto, dims: number[], ratio: number): Promise<BenchResult> {
  const before = writeModel(model());
  const pruned = await pruneBy(model(), ratio);
  const sessions = { before: await Session.create(before), after: await Session.create(writeModel(pruned.model)) };
  const input = float32(dims, Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => Math.sin(i)));
  const feeds = { [sessions.before.inputs[0]!.name]: input };
  const times = await alternate({ before: () => sessions.before.run(feeds), after: () => sessions.after.run(feeds) }, RUNS);
  await Promise.all([sessions.before.release(), sessions.after.release()]);
  return {
    net,
    ratio,
    macsRatio: round(pruned.after.macs / pruned.before.macs),
    bytesRatio: round(pruned.after.bytes / pruned.before.bytes),
    ms: round(median(times.after)),
    speedup: round(median(times.before) / median(times.after)),
  };
}

/** A chain of wide convolutions, 100 MB of weights. */
async function largeModel(): Promise<BenchResult> {
  const builder = new GraphBuilder();
  let x = builder.input('x', ['n', 3, 8, 8]);
  let channels = 3;
  for (const width of [512, 1024, 1024, 1024]) {
    const weights = Float32Array.from({ length: width * channels * 9 }, (_, i) => Math.sin(i));
    x = builder.op('Relu', [builder.op('Conv', [x, builder.float(weights, [width, channels, 3, 3])], { pads: [1, 1, 1, 1] })]);
    channels = width;
  }
  builder.op('GlobalAveragePool', [x], {}, { outputs: ['y'] });
  builder.output('y', ['n', channels, 1, 1]);
  const model = builder.build();
  const megabytes = writeModel(model).length / 1e6;
  let figures = { macs: 1, bytes: 1 };
  let before = figures;
  const pruneMs = await timeMs(async () => {
    ({ before, after: figures } = await pruneBy(model, 0.5));
  });
  return { net: `chain of ${Math.round(megabytes)} MB`, ratio: 0.5, macsRatio: round(figures.macs / before.macs), bytesRatio: round(figures.bytes / before.bytes), pruneMs: round(pruneMs), peakMb: round(peakMb()) };
}

async function pruneBy(model: ModelProto, ratio: number) {
  const context: PassContext = { model, baseline: new Uint8Array(), history: [], data: null, seed: 0, threads: 1, outputPath: '.', progress: () => {}, log: () => {} };
  const { summary } = await CATALOG.prune.run(context, PruneOptions.parse({ ratio, multipleOf: 16 }));
  return { model, ...(summary as { before: { macs: number; bytes: number }; after: { macs: number; bytes: number } }) };
}

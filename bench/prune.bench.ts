import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOG, type PassContext } from '#compression';
import { PruneOptions, type Skipped } from '#contracts';
import { Session, float32, type HostTensors } from '#inference';
import { Graph, GraphBuilder, readModel, weightSites, writeModel, type ModelProto } from '#onnx';
import { PUBLISHED_MODELS, publishedModelFile, type PublishedModel } from '#testing';
import { alternate, median, peakMb, round, timeMs, type BenchResult } from './harness.js';
import { mobileNetLike, resNet8 } from './nets.js';

const SEED_NET = fileURLToPath(new URL('../../examples/seed-net/seed-net.onnx', import.meta.url));
const RATIOS = [0.25, 0.5, 0.75];
const RUNS = 40;

/**
 * `nets`: speed-up reached against MACs saved at three channel ratios, and the cost of pruning a large model.
 * `published`: a quarter of the channels of every published model. `latency`: whether a budget of time still holds when
 * others measure.
 */
export async function run(parts: readonly string[] = []): Promise<BenchResult[]> {
  const isAsked = (part: string) => parts.length === 0 || parts.includes(part);
  return [
    ...(isAsked('nets') ? await measuredNets() : []),
    ...(isAsked('published') ? await publishedModels() : []),
    ...(isAsked('latency') ? await latencyBudgets() : []),
  ];
}

async function measuredNets(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  const seedNet = await readFile(SEED_NET);
  const nets: Record<string, { model: () => ModelProto; dims: number[] }> = {
    'seed-net': { model: () => readModel(seedNet), dims: [1, 1, 32, 32] },
    'resnet-like': { model: () => resNet8(64), dims: [1, 3, 32, 32] },
    'mobilenet-like': { model: mobileNetLike, dims: [1, 3, 96, 96] },
  };
  for (const [net, { model, dims }] of Object.entries(nets))
    for (const ratio of RATIOS) results.push(await speedUp(net, model, dims, ratio));
  results.push(await largeModel());
  return results;
}

/**
 * Models pruned to a share of their latency, and what is left of it when both are timed anew: the median of five
 * measurements.
 */
async function latencyBudgets(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  const nets = {
    'mobilenet-like': { model: mobileNetLike(2), dims: [1, 3, 96, 96] },
    'resnet-like': { model: resNet8(64), dims: [1, 3, 32, 32] },
  };
  for (const [net, { model, dims }] of Object.entries(nets)) {
    for (const allowed of [0.75, 0.5]) {
      const before = writeModel(model);
      const pruned = await pruneBy(readModel(before), { budget: { latency: allowed }, multipleOf: 8 });
      const { attempts, noise } = pruned.latency!;
      const [last, feeds] = [attempts.at(-1)!, inputOf(pruned.model, dims)];
      const shares: number[] = [];
      for (let i = 0; i < 5; i++) {
        const times = await timesOf(before, writeModel(pruned.model), feeds);
        shares.push(times.after / times.before);
      }
      results.push({
        net,
        allowed,
        ratio: round(pruned.ratio),
        measured: round(last.measuredMs / last.beforeMs),
        again: round(median(shares)),
        noise: round(noise),
      });
    }
  }
  return results;
}

async function publishedModels(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const model of PUBLISHED_MODELS) results.push(await quarter(model));
  return results;
}

/**
 * `layers` of the main graph, how many of them are `blocked` for a reason (bodies of If and Loop count as one), and
 * what a quarter of the other channels brings.
 */
async function quarter(published: PublishedModel): Promise<BenchResult> {
  const before = await readFile(publishedModelFile(published));
  const layers = weightSites(new Graph(readModel(before))).length;
  const pruned = await pruneBy(readModel(before), { ratio: 0.25, multipleOf: 1 });
  const after = writeModel(pruned.model);
  const feeds = await published.feeds(1);
  const times = await timesOf(before, after, feeds);
  return {
    net: published.name,
    ratio: 0.25,
    layers,
    blocked: new Set(pruned.skipped.map(({ node }) => node)).size,
    macsBefore: pruned.before.macs,
    macsAfter: pruned.after.macs,
    bytesRatio: round(after.length / before.length),
    msBefore: round(times.before),
    ms: round(times.after),
  };
}

/** Median milliseconds of the model before and after, alternated. */
async function timesOf(
  before: Uint8Array,
  after: Uint8Array,
  feeds: HostTensors,
): Promise<{ before: number; after: number }> {
  const sessions = { before: await Session.create(before), after: await Session.create(after) };
  const times = await alternate(
    { before: () => sessions.before.run(feeds), after: () => sessions.after.run(feeds) },
    RUNS,
  );
  await Promise.all([sessions.before.release(), sessions.after.release()]);
  return { before: median(times.before), after: median(times.after) };
}

async function speedUp(net: string, model: () => ModelProto, dims: number[], ratio: number): Promise<BenchResult> {
  const before = writeModel(model());
  const pruned = await pruneBy(model(), { ratio, multipleOf: 16 });
  const times = await timesOf(before, writeModel(pruned.model), inputOf(pruned.model, dims));
  return {
    net,
    ratio,
    macsRatio: round(pruned.after.macs / pruned.before.macs),
    bytesRatio: round(pruned.after.bytes / pruned.before.bytes),
    ms: round(times.after),
    speedup: round(times.before / times.after),
  };
}

/** A chain of wide convolutions, 100 MB of weights. */
async function largeModel(): Promise<BenchResult> {
  const builder = new GraphBuilder();
  let x = builder.input('x', ['n', 3, 8, 8]);
  let channels = 3;
  for (const width of [512, 1024, 1024, 1024]) {
    const weights = Float32Array.from({ length: width * channels * 9 }, (_, i) => Math.sin(i));
    x = builder.op('Relu', [
      builder.op('Conv', [x, builder.float(weights, [width, channels, 3, 3])], { pads: [1, 1, 1, 1] }),
    ]);
    channels = width;
  }
  builder.op('GlobalAveragePool', [x], {}, { outputs: ['y'] });
  builder.output('y', ['n', channels, 1, 1]);
  const model = builder.build();
  const megabytes = writeModel(model).length / 1e6;
  let figures = { macs: 1, bytes: 1 };
  let before = figures;
  const pruneMs = await timeMs(async () => {
    ({ before, after: figures } = await pruneBy(model, { ratio: 0.5, multipleOf: 16 }));
  });
  return {
    net: `chain of ${Math.round(megabytes)} MB`,
    ratio: 0.5,
    macsRatio: round(figures.macs / before.macs),
    bytesRatio: round(figures.bytes / before.bytes),
    pruneMs: round(pruneMs),
    peakMb: round(peakMb()),
  };
}

function inputOf(model: ModelProto, dims: number[]): HostTensors {
  const values = Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => Math.sin(i));
  return { [new Graph(model).inputs[0]!.name]: float32(dims, values) };
}

/** What the summary of the pass holds that is looked at here. */
interface Summary {
  ratio: number;
  before: { macs: number; bytes: number };
  after: { macs: number; bytes: number };
  latency?: { attempts: { measuredMs: number; beforeMs: number }[]; noise: number };
}

async function pruneBy(model: ModelProto, options: Partial<PruneOptions>) {
  const outputPath = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
  const context: PassContext = {
    model,
    baseline: new Uint8Array(),
    history: [],
    data: null,
    seed: 0,
    threads: 1,
    outputPath,
    progress: () => {},
    log: () => {},
  };
  try {
    const { summary, skipped } = await CATALOG.prune.run(context, PruneOptions.parse(options));
    return { ...(summary as unknown as Summary), model, skipped: skipped as Skipped[] };
  } finally {
    await rm(outputPath, { recursive: true });
  }
}

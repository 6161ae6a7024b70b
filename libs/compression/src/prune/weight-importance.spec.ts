import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PruneOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { Graph, floatTensor, readModel, readWeight, weightSites, type ModelProto } from '#onnx';
import { prune } from './prune.js';
import { top1Of } from './top1.fixture.js';

const EXAMPLE = join(__dirname, '../../../../examples/seed-net');

describe('importances of single weights on seed-net and real digits', () => {
  let data: Dataset;
  let baseline: Uint8Array;

  beforeAll(async () => {
    data = await openDataset(EXAMPLE);
    baseline = await readFile(join(EXAMPLE, 'seed-net.onnx'));
  });

  afterAll(() => data.close());

  const sparse = async (importance: PruneOptions['importance'], { seed = 1, ratio = 0.9, model = readModel(baseline) }: { seed?: number; ratio?: number; model?: ModelProto } = {}) => {
    const context = { model, baseline, history: [baseline], data, seed, threads: 1, outputPath: '.', progress: () => undefined, log: () => undefined };
    return (await prune.run(context, PruneOptions.parse({ granularity: 'weight', importance, ratio, samples: 128 }))).model!;
  };

  it('random choice of 90 % loses to gradient, entropy and magnitude', async () => {
    const chances = [];
    for (const seed of [1, 2, 3]) chances.push(await top1Of(await sparse('random', { seed }), data, 400));
    const chance = chances.reduce((sum, value) => sum + value, 0) / chances.length;
    for (const importance of ['taylor', 'fisher', 'entropy', 'l1'] as const) expect(await top1Of(await sparse(importance), data, 400)).toBeGreaterThan(chance);
  });

  it.each(['taylor', 'entropy'] as const)('large weights that read a channel which never speaks go first (%s)', async (importance) => {
    const graph = new Graph(await sparse(importance, { ratio: 0.5, model: deaf(readModel(baseline)) }));
    expect(listeners(graph).every((value) => value === 0)).toBe(true);
  });

  it('large weights that read a channel which never speaks stay when magnitude decides', async () => {
    const graph = new Graph(await sparse('l1', { ratio: 0.5, model: deaf(readModel(baseline)) }));
    expect(listeners(graph).some((value) => value !== 0)).toBe(true);
  });

  it('a global ratio of 99 % leaves something of every layer', async () => {
    const graph = new Graph(await sparse('l2', { ratio: 0.99 }));
    for (const { weight } of weightSites(graph)) expect(readWeight(graph, weight)!.values.some((value) => value !== 0)).toBe(true);
  });
});

/** The first channel of conv2 is silenced by its bias, and the 36 positions that fc1 reads of it get large weights. */
function deaf(model: ModelProto): ModelProto {
  const graph = new Graph(model);
  const bias = Float32Array.from(readWeight(graph, 'conv2.bias')!.values);
  bias[0] = -1e4;
  graph.replaceInitializer(floatTensor('conv2.bias', [bias.length], bias));
  const { values, dims } = readWeight(graph, 'fc1.weight')!;
  graph.replaceInitializer(floatTensor('fc1.weight', dims, values.map((value, i) => (i % dims[1]! < 36 ? value * 100 : value))));
  return model;
}

function listeners(graph: Graph): number[] {
  const { values, dims } = readWeight(graph, 'fc1.weight')!;
  return [...values].filter((_, i) => i % dims[1]! < 36);
}

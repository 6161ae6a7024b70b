import type { PruneOptions } from '#contracts';
import { Graph, floatTensor, readWeight, weightSites, type ModelProto } from '#onnx';
import { SeedNet } from './seed-net.fixture.js';

describe('importances of single weights on seed-net and real digits', () => {
  const net = new SeedNet();

  const sparse = async (importance: PruneOptions['importance'], ratio: number, model = net.model()) =>
    (await net.prune({ granularity: 'weight', importance, ratio, samples: 64 }, { model })).model!;

  let chance: Promise<number> | null = null;

  it.each(['taylor', 'fisher', 'entropy', 'l1'] as const)('random choice of 90 %% loses to %s', async (importance) => {
    chance ??= net.chance({ granularity: 'weight', ratio: 0.9 });
    expect(await net.top1(await sparse(importance, 0.9))).toBeGreaterThan(await chance);
  });

  it.each(['taylor', 'entropy'] as const)(
    'large weights that read a channel which never speaks go first (%s)',
    async (importance) => {
      const graph = new Graph(await sparse(importance, 0.5, deaf(net.model())));
      expect(listeners(graph).every((value) => value === 0)).toBe(true);
    },
  );

  it('large weights that read a channel which never speaks stay when magnitude decides', async () => {
    const graph = new Graph(await sparse('l1', 0.5, deaf(net.model())));
    expect(listeners(graph).some((value) => value !== 0)).toBe(true);
  });

  it('a global ratio of 99 % leaves something of every layer', async () => {
    const graph = new Graph(await sparse('l2', 0.99));
    for (const { weight } of weightSites(graph))
      expect(readWeight(graph, weight)!.values.some((value) => value !== 0)).toBe(true);
  });
});

/** The first channel of conv2 is silenced by its bias, and the 36 positions that fc1 reads of it get large weights. */
function deaf(model: ModelProto): ModelProto {
  const graph = new Graph(model);
  const bias = Float32Array.from(readWeight(graph, 'conv2.bias')!.values);
  bias[0] = -1e4;
  graph.replaceInitializer(floatTensor('conv2.bias', [bias.length], bias));
  const { values, dims } = readWeight(graph, 'fc1.weight')!;
  graph.replaceInitializer(
    floatTensor(
      'fc1.weight',
      dims,
      values.map((value, i) => (i % dims[1]! < 36 ? value * 100 : value)),
    ),
  );
  return model;
}

function listeners(graph: Graph): number[] {
  const { values, dims } = readWeight(graph, 'fc1.weight')!;
  return [...values].filter((_, i) => i % dims[1]! < 36);
}

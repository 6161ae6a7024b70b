import { PruneOptions } from '#contracts';
import { floatTensor, Graph, GraphBuilder, readWeight, writeModel } from '#onnx';
import { singleWeights } from './patterns.js';
import { pruneWeights } from './prune-weights.js';

const INPUTS = { data: null, seed: 0, threads: 1 };

/** x -> MatMul small -> MatMul large, where the weights of the second are ten times the first's. */
function graphOf(): Graph {
  const b = new GraphBuilder();
  const first = b.initializer(floatTensor('first', [2, 2], Float32Array.of(1, -2, 3, 4)));
  const second = b.initializer(floatTensor('second', [2, 3], Float32Array.of(10, 20, -30, 40, 50, 60)));
  const hidden = b.op('MatMul', [b.input('x', ['n', 2]), first]);
  b.op('MatMul', [hidden, second], {}, { outputs: [b.output('y', ['n', 3])] });
  return new Graph(b.build());
}

const prune = (graph: Graph, given: object) =>
  pruneWeights(graph, singleWeights, PruneOptions.parse({ granularity: 'weight', importance: 'l1', ...given }), INPUTS);
const values = (graph: Graph, name: string) => [...readWeight(graph, name)!.values];

describe('single weights', () => {
  it('that are least of each layer become zero, and the report counts them', async () => {
    const graph = graphOf();
    const { layers, sparsity } = await prune(graph, { ratio: 0.5, scope: 'layer' });
    expect([values(graph, 'first'), values(graph, 'second')]).toEqual([
      [0, 0, 3, 4],
      [0, 0, 0, 40, 50, 60],
    ]);
    expect(layers.map(({ zeros, elements }) => [zeros, elements])).toEqual([
      [2, 4],
      [3, 6],
    ]);
    expect(sparsity).toBe(0.5);
  });

  it('of the whole model compare by their share, so that a layer of small weights is not emptied first', async () => {
    const graph = graphOf();
    const { sparsity } = await prune(graph, { ratio: 0.5, scope: 'global' });
    expect(sparsity).toBe(0.5);
    expect(values(graph, 'first').filter((value) => value === 0).length).toBeLessThanOrEqual(2);
  });

  it('stay where the ratio is nothing, to the byte', async () => {
    const graph = graphOf();
    const before = writeModel(graph.model);
    const { sparsity } = await prune(graph, { ratio: 0 });
    expect([sparsity, writeModel(graph.model)]).toEqual([0, before]);
  });

  it('that a model has none of are no sparsity at all', async () => {
    const b = new GraphBuilder();
    b.op('Relu', [b.input('x', ['n', 2])], {}, { outputs: [b.output('y', ['n', 2])] });
    expect(await prune(new Graph(b.build()), { ratio: 0.5 })).toEqual({ layers: [], skipped: [], sparsity: 0 });
  });

  it('of a layer that the options exclude are left alone with the reason', async () => {
    const graph = graphOf();
    graph.nodes[0]!.name = 'keep';
    const { layers, skipped } = await prune(graph, { ratio: 0.5, exclude: ['keep'] });
    expect([layers.length, skipped]).toEqual([
      1,
      [expect.objectContaining({ node: 'keep', reason: 'it is excluded' })],
    ]);
  });
});

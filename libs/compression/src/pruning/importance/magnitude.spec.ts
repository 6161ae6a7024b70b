import { PruneOptions } from '#contracts';
import { floatTensor, Graph, GraphBuilder } from '#onnx';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { findDependencies } from '../channels/groups.js';
import type { ImportanceContext } from './importance.js';
import { listeningNorms, magnitudeOfGroup } from './magnitude.js';

/** x [1, 2] -> Gemm to two channels -> Gemm that reads them, and the group of these channels. */
async function groupOf(made: readonly number[], read: readonly number[]) {
  const b = new GraphBuilder();
  const first = b.initializer(floatTensor('made', [2, 2], Float32Array.from(made)));
  const second = b.initializer(floatTensor('read', [2, 2], Float32Array.from(read)));
  const hidden = b.op('Gemm', [b.input('x', [1, 2]), first], { transB: 1 });
  b.op('Gemm', [hidden, second], { transB: 1 }, { outputs: [b.output('y', [1, 2])] });
  const graph = new Graph(b.build());
  const dependencies = findDependencies(graph, (await observeGraph(graph.model)).shapes);
  const options = PruneOptions.parse({ groupWeights: 'equal' });
  const context: ImportanceContext = { graph, dependencies, options, data: null, seed: 0, threads: 1 };
  return { context, group: dependencies.groups[0]! };
}

describe('magnitudes of a group', () => {
  it('are those of what makes its channels and of what reads them, each scaled to mean 1', async () => {
    const { context, group } = await groupOf([1, 2, 3, 6], [3, 4, 0, 0]);
    // Made: |1| + |2| = 3 and 9; read, by columns: 3 and 4.
    const [first, second] = [3 / 6 + 3 / 3.5, 9 / 6 + 4 / 3.5];
    const mean = (first + second) / 2;
    const [a, c] = magnitudeOfGroup(1)(context, group);
    expect([a, c]).toEqual([expect.closeTo(first / mean, 9), expect.closeTo(second / mean, 9)]);
  });

  it('count by the root of the sum of squares where asked for', async () => {
    const { context, group } = await groupOf([3, 4, 6, 8], [0, 0, 0, 0]);
    expect([...magnitudeOfGroup(2)(context, group)]).toEqual([expect.closeTo(2 / 3, 9), expect.closeTo(4 / 3, 9)]);
  });

  it('are heard as loud as what reads a channel is large, and alike where nothing is', async () => {
    const { context, group } = await groupOf([9, 9, 0, 0], [3, 6, 4, 8]);
    expect([...listeningNorms(context, group)]).toEqual([expect.closeTo(2 / 3, 9), expect.closeTo(4 / 3, 9)]);
    const silent = await groupOf([9, 9, 1, 1], [0, 0, 0, 0]);
    expect([...listeningNorms(silent.context, silent.group)]).toEqual([1, 1]);
  });
});

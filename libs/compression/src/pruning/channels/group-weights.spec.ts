import { PruneOptions } from '#contracts';
import { Graph, GraphBuilder } from '#onnx';
import { findDependencies } from './groups.js';
import { scoreGroups } from '../importance/importances.js';
import { observeGraph } from '../../rewrites/observe-graph.js';

/**
 * One group of two channels with two members, x 1x1x1x3 -> Conv 1x1 -> Flatten -> Gemm 6 -> 2:
 *
 *     member   L1 norms   over their mean   elements   multiply-accumulates
 *     Conv     3, 1       1.5, 0.5          2          6
 *     Gemm     6, 18      0.5, 1.5          12         12
 */
async function scores(groupWeights: PruneOptions['groupWeights']): Promise<number[]> {
  const net = new GraphBuilder();
  const channels = net.op('Conv', [net.input('x', [1, 1, 1, 3]), net.float([3, -1], [2, 1, 1, 1])], {
    kernel_shape: [1, 1],
  });
  const flat = net.op('Flatten', [channels]);
  net.op(
    'Gemm',
    [flat, net.float([1, -1, 1, 3, 3, -3, -1, 1, 1, 3, -3, 3], [2, 6])],
    { transB: 1 },
    { outputs: [net.output('y', [1, 2])] },
  );
  const graph = new Graph(net.build());
  const dependencies = findDependencies(graph, (await observeGraph(graph.model)).shapes);
  expect(dependencies.groups).toHaveLength(1);
  const options = PruneOptions.parse({ importance: 'l1', groupWeights });
  const [group] = await scoreGroups(
    { graph, dependencies, options, data: null, seed: 0, threads: 1 },
    dependencies.groups,
  );
  return [...group!];
}

describe('importance of a channel as the weighted sum over the tensors that it cuts, scaled to mean 1', () => {
  it.each([
    ['equal', [1.5 + 0.5, 0.5 + 1.5]],
    ['size', [2 * 1.5 + 12 * 0.5, 2 * 0.5 + 12 * 1.5]],
    ['macs', [6 * 1.5 + 12 * 0.5, 6 * 0.5 + 12 * 1.5]],
  ] as const)('weighs members by %s', async (groupWeights, [a, b]) => {
    const [first, second] = await scores(groupWeights);
    expect(first).toBeCloseTo((2 * a) / (a + b), 6);
    expect(second).toBeCloseTo((2 * b) / (a + b), 6);
  });
});

import { Graph, GraphBuilder, type Attributes, type Shapes } from '#onnx';
import { findDependencies } from '../groups.js';

/** Conv to 8 channels -> the operator over them with its parameters of these sizes -> Conv. */
function cutBy(opType: string, sizes: readonly number[], attributes: Attributes = {}): string[] {
  const b = new GraphBuilder();
  const conv = (x: string, from: number) =>
    b.op('Conv', [x, b.float(new Float32Array(8 * from).fill(1), [8, from, 1, 1])]);
  const made = conv(b.input('x', [1, 2, 4, 4]), 2);
  const parameters = sizes.map((size) => b.float(new Float32Array(size).fill(1)));
  const normal = b.op(opType, [made, ...parameters], attributes);
  const last = conv(normal, 8);
  b.op('Identity', [last], {}, { outputs: [b.output('y', [1, 8, 4, 4])] });
  const graph = new Graph(b.build());
  const stored = graph.proto.initializer.map(({ name, dims }): [string, number[]] => [name, dims.map(Number)]);
  const values = [made, normal, last, 'y'].map((name): [string, number[]] => [name, [1, 8, 4, 4]]);
  const shapes: Shapes = new Map([['x', [1, 2, 4, 4]], ...stored, ...values]);
  const [group] = findDependencies(graph, shapes).groups;
  const members = new Set(group?.members.map(({ value }) => value));
  return parameters.map((name) => (members.has(name) ? 'cut' : 'whole'));
}

describe('parameters of a normalization', () => {
  it('are cut with the channels where there is one for each', () => {
    expect(cutBy('InstanceNormalization', [8, 8])).toEqual(['cut', 'cut']);
    expect(cutBy('GroupNormalization', [8, 8], { num_groups: 2 })).toEqual(['cut', 'cut']);
  });

  it('stay whole where there is one for each group of channels', () => {
    expect(cutBy('GroupNormalization', [2, 2], { num_groups: 2 })).toEqual(['whole', 'whole']);
  });
});

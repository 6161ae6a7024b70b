import { countParameters, DataType, Graph, GraphBuilder, makeNode, makeTensor, writeModel, readModel } from '#onnx';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { figuresOf } from './figures.js';

/** A layer beside what steers operators: a scalar, a shape, a Constant node of integers. */
function layerAmongSettings() {
  const b = new GraphBuilder('settings');
  const layer = b.op('Gemm', [b.input('x', ['n', 4]), b.float([...Array(12).keys()], [4, 3]), b.float([1, 2, 3])]);
  const scaled = b.op('Mul', [layer, b.float([2], [])]);
  const shaped = b.op('Reshape', [scaled, b.ints([-1, 3])]);
  b.op('Slice', [shaped, b.ints([0]), 'ends', b.ints([1])], {}, { outputs: [b.output('y', ['n', 2])] });
  const model = b.build();
  const value = makeTensor('ends', DataType.INT64, [1], BigInt64Array.of(2n));
  model.graph?.node.unshift(makeNode('Constant', [], ['ends'], { value }));
  return readModel(writeModel(model));
}

describe('figuresOf', () => {
  it('counts as parameters what the inspection of a model does: no scalars, shapes or indices', async () => {
    const model = layerAmongSettings();
    const { parameters } = figuresOf(new Graph(model), (await observeGraph(model)).shapes);
    expect(parameters).toBe(12 + 3);
    expect(parameters).toBe(countParameters(model).parameters);
  });

  it('counts a tensor by its share where it would be narrower', async () => {
    const model = layerAmongSettings();
    const { shapes } = await observeGraph(model);
    const weight = new Graph(model).proto.initializer.find(({ dims }) => dims.join() === '4,3')?.name ?? '';
    const narrower = new Map(shapes).set(weight, [2, 3]);
    expect(figuresOf(new Graph(model), narrower).parameters).toBe(6 + 3);
  });
});

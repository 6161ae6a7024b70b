import { DataType, Graph, GraphBuilder, intAttribute } from '#onnx';
import { TrainOptions } from '#contracts';
import { trainPass } from '../passes/train/train.js';
import { spellCasts } from './spell-casts.js';

const like = (type: DataType) => {
  const b = new GraphBuilder();
  const other = b.op('Cast', [b.input('x', ['n', 2])], { to: type });
  b.op('CastLike', ['x', other], {}, { outputs: [b.output('y', ['n', 2], type)] });
  return new Graph(b.build());
};

describe('CastLike', () => {
  it.each([DataType.FLOAT, DataType.DOUBLE, DataType.INT64])(
    'is the Cast to the type of its second input (%s)',
    (type) => {
      const graph = like(type);
      spellCasts(graph);
      const node = graph.producer('y')!;
      expect([node.opType, node.input, intAttribute(node, 'to', 0)]).toEqual(['Cast', ['x'], type]);
    },
  );

  it('does not keep a model from being trained', async () => {
    const b = new GraphBuilder();
    const product = b.op('MatMul', [b.input('x', ['n', 2]), b.float([1, 2, 3, 4], [2, 2])]);
    const scale = b.op('CastLike', [b.float(0.5), product]);
    b.op('CastLike', [b.op('Mul', [product, scale]), 'x'], {}, { outputs: [b.output('y', ['n', 2])] });
    const options = TrainOptions.parse({});
    const data = { inputs: { x: { dims: [2], type: 'float32' as const } }, classes: 2, splits: { train: 8 } };
    expect(trainPass.obstacles!(b.build(), options, new Map())).toEqual([]);
    expect(await trainPass.trial!(b.build(), options, { models: new Map(), data })).toEqual([]);
  });
});

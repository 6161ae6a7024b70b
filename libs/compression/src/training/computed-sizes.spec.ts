import { DataType, Graph, GraphBuilder, type ModelProto } from '#onnx';
import { TrainOptions } from '#contracts';
import { untrainable } from './untrainable.js';

/** Half of what a layer makes, cut out at a place that `start` computes. */
function halved(start: (b: GraphBuilder, hidden: string) => string): ModelProto {
  const b = new GraphBuilder();
  const x = b.input('x', ['n', 4]);
  const hidden = b.op('MatMul', [x, b.float(new Float32Array(32), [4, 8])]);
  const from = start(b, hidden);
  b.output(b.op('Slice', [hidden, from, b.op('Add', [from, b.ints([4])]), b.ints([1])]), ['n', 4]);
  return b.build();
}

describe('sizes on the way of a gradient', () => {
  it('are no obstacle where they follow from shapes, and are one where they follow from the data', () => {
    const byShape = halved((b, hidden) =>
      b.op('Div', [b.op('Gather', [b.op('Shape', [hidden]), b.ints([1])]), b.ints([2])]),
    );
    expect(untrainable(byShape, TrainOptions.parse({}), '')).toEqual([]);
    const byData = halved((b) =>
      b.op('Cast', [b.op('ReduceMax', ['x', b.ints([1])], { keepdims: 0 })], { to: DataType.INT64 }),
    );
    const [obstacle] = untrainable(byData, TrainOptions.parse({}), 'student');
    const slice = new Graph(byData).nodes.at(-1)!;
    expect(obstacle).toEqual({
      field: 'student',
      message: expect.stringContaining(`Slice "${slice.output[0]}" takes sizes that depend on the data`),
    });
  });
});

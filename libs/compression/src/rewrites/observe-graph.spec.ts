import { DataType, GraphBuilder } from '#onnx';
import { observeGraph } from './observe-graph.js';

const TYPES = [
  DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16, DataType.INT64, DataType.UINT64, DataType.INT32, DataType.UINT32,
  DataType.INT16, DataType.UINT16, DataType.INT8, DataType.UINT8, DataType.BOOL,
]; // prettier-ignore

function castsInput(type: DataType) {
  const b = new GraphBuilder();
  const x = b.op('Cast', [b.input('x', ['n', 3], type)], { to: DataType.FLOAT });
  b.op('ReduceSum', [x, b.ints([1])], { keepdims: 0 }, { outputs: [b.output('y', ['n'])] });
  return b.build();
}

describe('shapes are observed', () => {
  it.each(TYPES.map((type) => [DataType[type], type] as const))('on inputs of %s', async (_name, type) => {
    const { shapes } = await observeGraph(castsInput(type));
    expect(shapes.get('y')).toEqual([1]);
  });

  it('not on text, which is said', async () => {
    await expect(observeGraph(castsInput(DataType.STRING))).rejects.toThrow(/STRING/);
  });

  it('at a free length of the first input alone, where the others only fit at a length of 1', async () => {
    const b = new GraphBuilder();
    b.input('x', [1, 'steps', 2]);
    b.input('state', [1, 'kept']);
    b.op('MatMul', ['state', b.float([1, 2, 3], [1, 3])], {}, { outputs: [b.output('y', [1, 3])] });
    b.op('Relu', ['x'], {}, { outputs: [b.output('z', [1, 'steps', 2])] });
    const { shapes } = await observeGraph(b.build());
    expect(shapes.get('y')).toEqual([1, 3]);
    expect(shapes.get('z')).toEqual([1, 64, 2]);
  });
});

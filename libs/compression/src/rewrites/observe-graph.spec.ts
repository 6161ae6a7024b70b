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
});

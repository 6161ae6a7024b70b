import { DataType, GraphBuilder, makeTensor } from '#onnx';
import { weightBits } from './weight-bits.js';

describe('weightBits', () => {
  it('counts each tensor at the width of its type, in initializers and Constant nodes', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', [1, 10]);
    const packed = graph.initializer(makeTensor('packed', DataType.INT4, [5], Int8Array.of(1, 2, 3, 4, 5)));
    const bytes = graph.initializer(makeTensor('bytes', DataType.INT8, [3], new Int8Array(3)));
    const constant = graph.op('Constant', [], { value: makeTensor('', DataType.FLOAT, [10], new Float32Array(10)) });
    graph.op('Add', [x, constant], {}, { outputs: [graph.output('y')] });
    expect([packed, bytes]).toEqual(['packed', 'bytes']);
    expect(weightBits(graph.build())).toBe(5 * 4 + 3 * 8 + 10 * 32);
  });
});

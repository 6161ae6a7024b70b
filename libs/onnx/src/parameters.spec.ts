import { create } from '@bufbuild/protobuf';
import { GraphBuilder } from './builder.js';
import { Graph } from './graph.js';
import { countParameters, parametersByTensor } from './parameters.js';
import { DataType, SparseTensorProtoSchema } from './proto.js';
import { floatTensor, int64Tensor, makeTensor } from './tensor.js';

const int8 = (b: GraphBuilder, name: string, dims: readonly number[], values: readonly number[]) =>
  b.initializer(makeTensor(name, DataType.INT8, dims, Int8Array.from(values)));

describe('the parameters of a model', () => {
  it.each<[string, (b: GraphBuilder, x: string) => string[]]>([
    ['Clip', (b, x) => [x, b.float([0], [1]), b.float([6], [1])]],
    ['CumSum', (b, x) => [x, b.float([1], [1])]],
    ['Dropout', (b, x) => [x, b.float([0.5], [1])]],
    ['Pad', (b, x) => [x, b.ints([0, 0, 1, 1]), b.float([1], [1])]],
    ['QuantizeLinear', (b, x) => [x, b.float([1, 2])]],
    ['Resize', (b, x) => [x, b.float([0, 0, 1, 1]), b.float([1, 1])]],
    ['Upsample', (b, x) => [x, b.float([1, 1])]],
    ['OneHot', (b, x) => [x, b.ints(3), b.float([0, 1])]],
  ])('are not the settings of %s', (opType, inputs) => {
    const b = new GraphBuilder();
    b.output(b.op(opType, inputs(b, b.input('x', [2, 2]))));
    expect(countParameters(b.build())).toEqual({ parameters: 0, nonZeros: 0 });
  });

  it('are all elements of a sparse tensor, of which those that are stored may differ from 0', () => {
    const b = new GraphBuilder();
    b.output(b.op('MatMul', [b.input('x', [1, 3]), 'w']));
    const model = b.build();
    const stored = { values: floatTensor('w', [2], [5, 0]), indices: int64Tensor('', [2], [1, 4]), dims: [3n, 3n] };
    model.graph!.sparseInitializer.push(create(SparseTensorProtoSchema, stored));
    expect(countParameters(model)).toEqual({ parameters: 9, nonZeros: 1 });
    expect([...parametersByTensor(new Graph(model))]).toEqual([['w', 9]]);
  });

  it('are the rows of a table of integers, without those at the zero point of their column', () => {
    const b = new GraphBuilder();
    const table = int8(b, 'table', [3, 2], [1, 2, 3, 2, 1, 5]);
    const rows = b.op('Gather', [table, b.input('ids', [4], DataType.INT64)]);
    b.output(b.op('DequantizeLinear', [rows, b.float([1, 2]), int8(b, 'zero', [2], [1, 2])], { axis: 1 }));
    expect(countParameters(b.build())).toEqual({ parameters: 6, nonZeros: 2 });
  });

  it('have their zero point along the filters of a convolution and along the columns of a product', () => {
    const b = new GraphBuilder();
    const [x, zero] = [b.input('x', [1, 1, 1, 2], DataType.INT8), int8(b, 'x zero', [], [0])];
    const filters = int8(b, 'filters', [2, 1, 1, 2], [1, 2, 1, 2]);
    b.output(b.op('ConvInteger', [x, filters, zero, int8(b, 'filter zeros', [2], [1, 2])]), undefined, DataType.INT32);
    const matrix = int8(b, 'matrix', [2, 2], [1, 2, 1, 2]);
    b.output(b.op('MatMulInteger', [x, matrix, zero, int8(b, 'column zeros', [2], [1, 2])]), undefined, DataType.INT32);
    expect(countParameters(b.build())).toEqual({ parameters: 8, nonZeros: 2 });
  });

  it('are the integers and biases of a quantized LSTM, not its scales', () => {
    const b = new GraphBuilder();
    const [w, r] = [int8(b, 'w', [1, 2, 4], [0, 1, 1, 1, 1, 1, 1, 1]), int8(b, 'r', [1, 1, 4], [0, 1, 1, 1])];
    const bias = b.float(new Float32Array(8).fill(1), [1, 8]);
    const [scale, zero] = [b.float([0.5], [1]), int8(b, 'zero', [1], [0])];
    const inputs = [b.input('x', [1, 1, 2]), w, r, bias, '', '', '', '', scale, zero, scale, zero];
    b.output(b.op('DynamicQuantizeLSTM', inputs, { hidden_size: 1 }, { domain: 'com.microsoft' }));
    expect(countParameters(b.build())).toEqual({ parameters: 8 + 4 + 8, nonZeros: 7 + 3 + 8 });
  });

  it('are none without a graph', () => {
    const model = new GraphBuilder().build();
    model.graph = undefined;
    expect(countParameters(model)).toEqual({ parameters: 0, nonZeros: 0 });
  });
});

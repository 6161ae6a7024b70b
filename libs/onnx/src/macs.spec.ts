import { GraphBuilder } from './builder.js';
import { Graph, type Attributes } from './graph.js';
import { countMacs } from './macs.js';
import { DataType } from './proto.js';
import { makeTensor } from './tensor.js';

const bytes = (b: GraphBuilder, ...dims: number[]) =>
  b.initializer(makeTensor(b.fresh('w'), DataType.UINT8, dims, new Uint8Array(dims.reduce((a, c) => a * c, 1))));
const floats = (b: GraphBuilder, ...dims: number[]) =>
  b.float(new Float32Array(dims.reduce((count, dim) => count * dim, 1)), dims);

describe('multiply-accumulates', () => {
  it.each<[string, number, readonly number[], (b: GraphBuilder) => string[], Attributes?]>([
    ['Conv', 8 * 4 * 4 * (3 * 9), [1, 3, 6, 6], (b) => [floats(b, 8, 3, 3, 3)]],
    ['Conv', 6 * 4 * 4 * 9, [1, 6, 6, 6], (b) => [floats(b, 6, 1, 3, 3)], { group: 6 }],
    ['ConvTranspose', 3 * 5 * 5 * (8 * 4), [1, 3, 5, 5], (b) => [floats(b, 3, 8, 2, 2)], { strides: [2, 2] }],
    ['Gemm', 2 * 7 * 5, [5, 2], (b) => [floats(b, 7, 5)], { transA: 1, transB: 1 }],
    ['MatMul', 2 * 3 * 7 * 5, [2, 3, 5], (b) => [floats(b, 5, 7)]],
    ['ConvInteger', 8 * 4 * 4 * (3 * 9), [1, 3, 6, 6], (b) => [bytes(b, 8, 3, 3, 3)]],
    ['MatMulInteger', 3 * 7 * 5, [3, 5], (b) => [bytes(b, 5, 7)]],
    ['QLinearConv', 8 * 4 * 4 * (3 * 9), [1, 3, 6, 6], (b) => ['s', 'z', bytes(b, 8, 3, 3, 3), 's', 'z', 's', 'z']],
    ['QLinearMatMul', 3 * 7 * 5, [3, 5], (b) => ['s', 'z', bytes(b, 5, 7), 's', 'z', 's', 'z']],
    ['MatMulNBits', 3 * 7 * 32, [3, 32], (b) => [bytes(b, 7, 1, 16), floats(b, 7)], { K: 32, N: 7, block_size: 32 }],
  ])('of %s are %d: what each output element sums', (opType, macs, dims, weights, attributes = {}) => {
    const b = new GraphBuilder();
    const domain = opType === 'MatMulNBits' ? { domain: 'com.microsoft' } : {};
    b.output(b.op(opType, [b.input('x', dims), ...weights(b)], attributes, domain));
    expect(countMacs(new Graph(b.build()))).toBe(macs);
  });

  it.each([
    ['an operator that multiplies in a way of its own', 'Einsum', ''],
    ['one of the runtime with a matrix', 'FusedGemm', 'com.microsoft'],
  ])('are unknown for a model with %s', (_what, opType, domain) => {
    const b = new GraphBuilder();
    b.output(b.op(opType, [b.input('x', [1, 4]), floats(b, 4, 4)], {}, { domain }));
    expect(countMacs(new Graph(b.build()))).toBeNull();
  });

  it('count nothing for what only activates, also of the runtime', () => {
    const b = new GraphBuilder();
    b.output(b.op('BiasGelu', [b.input('x', [1, 4]), floats(b, 4)], {}, { domain: 'com.microsoft' }));
    expect(countMacs(new Graph(b.build()))).toBe(0);
  });
});

import { GraphBuilder } from './builder.js';
import { layerList } from './layer-list.js';
import { DataType } from './proto.js';
import { makeTensor } from './tensor.js';

describe('layerList', () => {
  it('shows layers with what they store, and folds what only stores or converts into them', () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 2]);
    const scale = b.float([0.5]);
    const zero = b.initializer(makeTensor('zero', DataType.INT8, [], Int8Array.of(0)));
    const quantized = b.op('QuantizeLinear', [x, scale, zero]);
    const input = b.op('DequantizeLinear', [quantized, scale, zero]);
    const integers = b.initializer(makeTensor('w', DataType.INT8, [2, 2], Int8Array.of(0, 1, 2, 0)));
    const weight = b.op('DequantizeLinear', [integers, scale, zero]);
    const hidden = b.op('MatMul', [input, weight], {}, { outputs: ['fc'] });
    b.op('Relu', [hidden], {}, { outputs: [b.output('y', ['n', 2])] });
    expect(layerList(b.build())).toEqual([
      { name: expect.any(String), opType: 'MatMul', from: [], elements: 4, zeros: 2, bits: 8, bytes: 9, inputBits: 8 },
      { name: expect.any(String), opType: 'Relu', from: [0], elements: 0, zeros: 0, bits: null, inputBits: null },
    ]);
  });

  it('shows what stores or converts where an output of the model is one of those that it gives', () => {
    const b = new GraphBuilder();
    const outputs = ['q', b.output('scale', []), 'zero'];
    b.op('DynamicQuantizeLinear', [b.input('x', ['n', 2])], {}, { outputs });
    expect(layerList(b.build()).map(({ opType }) => opType)).toEqual(['DynamicQuantizeLinear']);
  });
});

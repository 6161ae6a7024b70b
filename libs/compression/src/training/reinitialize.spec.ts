import { DataType, GraphBuilder, makeTensor, type ModelProto } from '#onnx';
import { copiedForm } from './form/copied-form.js';
import { reinitialized } from './reinitialize.js';

const ones = (b: GraphBuilder, ...dims: number[]) =>
  b.float(new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(1), dims);

/** A convolution of 4 channels in 2 groups, batch normalization, and two dense layers, the first transposed. */
function net(): ModelProto {
  const b = new GraphBuilder();
  const conv = b.op('Conv', [b.input('x', ['n', 4, 8, 8]), ones(b, 64, 2, 3, 3), ones(b, 64)], {
    group: 2,
    kernel_shape: [3, 3],
  });
  const normal = b.op('BatchNormalization', [conv, ones(b, 64), ones(b, 64), ones(b, 64), ones(b, 64)]);
  const flat = b.op('Flatten', [b.op('GlobalAveragePool', [normal])]);
  const hidden = b.op('Gemm', [flat, ones(b, 50, 64), ones(b, 50)], { transB: 1 });
  b.output(b.op('MatMul', [hidden, ones(b, 50, 40)], {}, { outputs: ['y'] }), ['n', 40]);
  return b.build();
}

const deviation = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('reinitialized', () => {
  const of = (draw: 'he' | 'glorot', seed = 1, keepZeros = false) => {
    const { graph, trainables } = reinitialized(copiedForm(net()), draw, seed, keepZeros);
    const reader = (name: string) => graph.consumers(name)[0]!;
    return (opType: string, index: number) =>
      trainables.find(({ name }) => reader(name).node.opType === opType && reader(name).index === index)!.values;
  };

  it('draws layers from N(0, 2 / fan in), groups and transposition minded', () => {
    const values = of('he');
    expect(deviation(values('Conv', 1))).toBeCloseTo(Math.sqrt(2 / (2 * 9)), 1);
    expect(deviation(values('Gemm', 1)) / Math.sqrt(2 / 64)).toBeCloseTo(1, 1);
    expect(deviation(values('MatMul', 1)) / Math.sqrt(2 / 50)).toBeCloseTo(1, 1);
  });

  it('draws layers evenly within the bound of Glorot', () => {
    const values = of('glorot')('MatMul', 1);
    const bound = Math.sqrt(6 / 90);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(deviation(values) / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
  });

  it('draws a table that also multiplies as a table, whichever reads it first', () => {
    const b = new GraphBuilder();
    const table = ones(b, 64, 64);
    const product = b.op('MatMul', [b.input('x', ['n', 64]), table]);
    const looked = b.op('Gather', [table, b.input('ids', ['n'], DataType.INT64)]);
    b.op('Add', [product, looked], {}, { outputs: [b.output('y', ['n', 64])] });
    const { trainables } = reinitialized(copiedForm(b.build()), 'he', 1, false);
    const [drawn] = trainables.filter(({ dims }) => dims.join() === '64,64');
    expect(deviation(drawn!.values)).toBeLessThan(0.2 * Math.sqrt(2 / 64));
  });

  it('begins scales of norms at one and biases at zero', () => {
    const values = of('he');
    const kinds = [
      values('BatchNormalization', 1),
      values('BatchNormalization', 2),
      values('Conv', 2),
      values('Gemm', 2),
    ];
    expect(kinds.map((kind) => [...new Set(kind)])).toEqual([[1], [0], [0], [0]]);
  });

  it('draws the same for the same seed and other numbers for another', () => {
    expect(of('he')('Conv', 1)).toEqual(of('he')('Conv', 1));
    expect(of('he', 2)('Conv', 1)).not.toEqual(of('he')('Conv', 1));
  });

  it('keeps zeros of matrices where asked to', () => {
    const b = new GraphBuilder();
    b.output(
      b.op('MatMul', [b.input('x', ['n', 4]), b.float([0, 1, 0, 1, 1, 0, 1, 1], [4, 2])], {}, { outputs: ['y'] }),
      ['n', 2],
    );
    const form = copiedForm(b.build());
    const zeros = (keepZeros: boolean) =>
      [...reinitialized(form, 'he', 1, keepZeros).trainables[0]!.values].map((value) => value === 0);
    expect(zeros(true)).toEqual([true, false, true, false, false, true, false, false]);
    expect(zeros(false)).toEqual(Array(8).fill(false));
  });

  it.each<[string, (b: GraphBuilder) => string]>([
    ['stored flat', (b) => b.op('Reshape', [ones(b, 64 * 2 * 9), b.ints([64, 2, 3, 3])])],
    ['of fewer axes', (b) => b.op('Unsqueeze', [ones(b, 64, 2, 9), b.ints([2])])],
    ['scaled by a number of no axes', (b) => b.op('Mul', [ones(b, 64, 2, 3, 3), b.float(2)])],
  ])('draws a kernel by the shape in which its layer reads it: %s', (_, kernel) => {
    const b = new GraphBuilder();
    b.output(b.op('Conv', [b.input('x', ['n', 2, 8, 9]), kernel(b)]), ['n', 64, 'h', 'w']);
    const { trainables } = reinitialized(copiedForm(b.build()), 'he', 1, false);
    const { values } = trainables.find(({ isMatrix }) => isMatrix)!;
    expect(deviation(values) / Math.sqrt(2 / (2 * 9))).toBeCloseTo(1, 1);
  });

  it('takes one factor of a kernel for the kernel where both have equally many elements', () => {
    const b = new GraphBuilder();
    const single = b.op('Mul', [b.float(2), b.float([0.5], [1, 1])]);
    const wide = b.op('Mul', [b.float([1, 2, 3], [1, 3]), b.float([4, 5, 6], [1, 3])]);
    const hidden = b.op('MatMul', [b.input('x', ['n', 1]), single]);
    b.output(b.op('MatMul', [hidden, wide], {}, { outputs: ['y'] }), ['n', 3]);
    const { trainables } = reinitialized(copiedForm(b.build()), 'he', 1, false);
    const kernels = trainables.filter(({ isMatrix }) => isMatrix);
    expect(kernels.map(({ dims }) => dims)).toEqual([
      [1, 1],
      [1, 3],
    ]);
    expect(kernels.every(({ values }) => values.every(Number.isFinite))).toBe(true);
    expect([...trainables.find(({ isMatrix }) => !isMatrix)!.values]).toEqual([1, 1, 1]);
  });

  it('refuses weights stored as integers, naming the weight', () => {
    const b = new GraphBuilder();
    const weight = b.op('DequantizeLinear', [
      b.initializer(makeTensor('w', DataType.INT8, [4, 2], new Int8Array(8).fill(3))),
      b.float(0.1),
    ]);
    b.output(b.op('MatMul', [b.input('x', ['n', 4]), weight], {}, { outputs: ['y'] }), ['n', 2]);
    expect(() => reinitialized(copiedForm(b.build()), 'he', 1, false)).toThrow(
      /weight "w" is stored in 8 bits.*choose initialWeights keep/,
    );
  });
});

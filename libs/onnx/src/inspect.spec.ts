import { readFileSync } from 'node:fs';
import { Session, float32 } from '#inference';
import { convNet } from '#testing';
import { GraphBuilder, makeValueInfo } from './builder.js';
import { InvalidTensorError } from './errors.js';
import { Graph } from './graph.js';
import { inspectModel } from './inspect.js';
import { countMacs, nodeMacs } from './macs.js';
import { countParameters } from './parameters.js';
import { DataType, type ModelProto } from './proto.js';
import { readModel } from './read.js';
import { writeModel } from './write.js';
import { staticShapes } from './static-shapes.js';
import { floatTensor, makeTensor } from './tensor.js';

const example = (path: string) => readModel(readFileSync(`${process.cwd()}/examples/${path}`));

describe('inspectModel', () => {
  it.each([
    ['seed-net/seed-net.onnx', 250_326, 3_605_608],
    ['lenet/lenet-5.onnx', 431_080, 2_293_000],
    ['lenet/lenet-300-100.onnx', 266_610, 266_200],
  ])('counts the parameters and MACs of %s', (path, parameters, macs) => {
    expect(inspectModel(example(path))).toMatchObject({
      parameters,
      nonZeros: parameters,
      macs,
      opset: 17,
      producer: 'pytorch 1.13.0',
    });
  });

  it('sums the bytes of tensors by element type, those of the most bytes first', () => {
    const b = new GraphBuilder();
    const integers = b.initializer(makeTensor('w', DataType.INT4, [3, 3], new Int8Array(9)));
    const weight = b.op('DequantizeLinear', [integers, b.float([1, 2, 3])]);
    b.output(b.op('MatMul', [b.input('x', [1, 3]), weight]));
    expect(inspectModel(b.build(21)).types).toEqual([
      { type: 'float32', tensors: 1, bytes: 12 },
      { type: 'int4', tensors: 1, bytes: 5 },
    ]);
  });

  it('summarises inputs, outputs and operators', () => {
    expect(inspectModel(convNet())).toMatchObject({
      inputs: [{ name: 'x', type: 'float32', dims: ['batch', 1, 8, 8] }],
      outputs: [{ name: 'logits', type: 'float32', dims: ['batch', 4] }],
      ops: { Conv: 2, Flatten: 1, Gemm: 1, Identity: 1, MaxPool: 2, Relu: 2 },
      nodes: 9,
    });
  });
});

describe('countParameters', () => {
  it('counts a dequantized weight once, as the floats it stands for, and neither scales nor zero points', () => {
    const total = count((b) => {
      const weight = b.initializer(makeTensor('w', DataType.UINT8, [2, 3], Uint8Array.of(5, 5, 0, 1, 9, 7)));
      const zeroPoints = b.initializer(makeTensor('z', DataType.UINT8, [3], Uint8Array.of(5, 5, 7)));
      b.output(
        b.op('MatMul', [b.input('x', [1, 2]), b.op('DequantizeLinear', [weight, b.float([1, 2, 3]), zeroPoints])]),
      );
    });
    expect(total).toEqual({ parameters: 6, nonZeros: 3 });
  });

  it('counts shared weights as the elements they index, not the codebook', () => {
    const total = count((b) => {
      const indices = b.initializer(makeTensor('i', DataType.UINT4, [2, 2], Uint8Array.of(0, 1, 1, 0)));
      const weight = b.op('Gather', [b.float([0, 0.5, 1]), b.op('Cast', [indices], { to: DataType.INT32 })]);
      b.output(b.op('MatMul', [b.input('x', [1, 2]), weight]));
    });
    expect(total).toEqual({ parameters: 4, nonZeros: 2 });
  });

  it('counts a tensor that several layers read once', () => {
    const total = count((b) => {
      const weight = b.float(new Float32Array(4).fill(1), [2, 2]);
      b.output(b.op('MatMul', [b.op('MatMul', [b.input('x', [1, 2]), weight]), weight]));
    });
    expect(total.parameters).toBe(4);
  });

  it('leaves out scalars, limits, shapes and resize factors', () => {
    const total = count((b) => {
      const x = b.op('Mul', [b.input('x', [1, 1, 2, 2]), b.float(2)]);
      const clipped = b.op('Clip', [x, b.float(0), b.float(6)]);
      const resized = b.op('Resize', [clipped, '', b.float([1, 1, 2, 2])], { mode: 'nearest' });
      b.output(b.op('Reshape', [resized, b.ints([1, 16])]));
    });
    expect(total).toEqual({ parameters: 0, nonZeros: 0 });
  });

  it('counts an embedding and weights in and around the bodies of If', () => {
    const total = count((b) => {
      const table = b.float(new Float32Array(10).fill(1), [5, 2]);
      const rows = b.op('Gather', [table, b.input('ids', [3], DataType.INT64)], {}, { outputs: ['rows'] });
      b.initializer(floatTensor('outer', [2], [1, 0]));
      const body = new GraphBuilder('s');
      body.output(body.op('Add', [body.op('Mul', [rows, 'outer']), body.float([1, 1])]));
      const branch = body.build().graph!;
      b.output(b.op('If', [b.input('c', [], DataType.BOOL)], { then_branch: branch }));
    });
    expect(total).toEqual({ parameters: 14, nonZeros: 13 });
  });

  it('refuses blocked weights whose attributes claim more than is stored', () => {
    expect(() =>
      count((b) => {
        const blocks = b.initializer(makeTensor('b', DataType.UINT8, [1, 1, 16], new Uint8Array(16)));
        b.output(
          b.op(
            'MatMulNBits',
            [b.input('x', [1, 32]), blocks, b.float([1])],
            { K: 2 ** 31, N: 2 ** 31, bits: 4, block_size: 32 },
            { domain: 'com.microsoft' },
          ),
        );
      }),
    ).toThrow(InvalidTensorError);
  });

  it('counts integer and blocked weights by their zero points', () => {
    const total = count((b) => {
      const x = b.input('x', [1, 32]);
      const packed = new Uint8Array(2 * 16).fill(0x88);
      packed[0] = 0x98;
      packed[17] = 0x07;
      const blocks = b.initializer(makeTensor('b', DataType.UINT8, [2, 1, 16], packed));
      const y = b.op(
        'MatMulNBits',
        [x, blocks, b.float([1, 1])],
        { K: 32, N: 2, bits: 4, block_size: 32 },
        { domain: 'com.microsoft' },
      );
      const weight = b.initializer(makeTensor('w', DataType.INT8, [2, 2], Int8Array.of(1, 0, 0, 3)));
      const zero = b.initializer(makeTensor('z', DataType.INT8, [], Int8Array.of(0)));
      const [q, , z] = b.ops('DynamicQuantizeLinear', 3, [y]);
      b.output(b.op('MatMulInteger', [q!, weight, z!, zero]), undefined, DataType.INT32);
    });
    expect(total).toEqual({ parameters: 64 + 4, nonZeros: 3 + 2 });
  });
});

describe('countMacs', () => {
  it('is null where a layer depends on an unknown dimension, and counts when a reshape is computed from shapes', () => {
    expect(countMacs(new Graph(reshaping(4)))).toBe(48);
    expect(countMacs(new Graph(reshaping('h')))).toBeNull();
  });

  it('gives the work of each layer', () => {
    const graph = new Graph(convNet());
    expect([...nodeMacs(graph)!].map(([node, macs]) => [node.opType, macs])).toEqual([
      ['Conv', 8 * 64 * 9],
      ['Conv', 16 * 16 * 8 * 9],
      ['Gemm', 64 * 4],
    ]);
  });
});

describe('staticShapes', () => {
  it('agrees with what the runtime observes', async () => {
    const model = shapeZoo();
    const graph = new Graph(model);
    const shapes = staticShapes(graph);
    const produced = graph.nodes.flatMap((node) => node.output).filter((value) => value !== '');
    model.graph!.output.push(...produced.map((value) => makeValueInfo(value, DataType.FLOAT)));
    const session = await Session.create(writeModel(model), { optimization: 'disabled' });
    const results = await session.run({ x: float32([1, 4, 10, 11], new Float32Array(440)) });
    await session.release();
    expect(Object.fromEntries(produced.map((value) => [value, shapes.get(value)]))).toEqual(
      Object.fromEntries(produced.map((value) => [value, [...results[value]!.dims]])),
    );
  });
});

function count(build: (b: GraphBuilder) => void) {
  const builder = new GraphBuilder();
  build(builder);
  return countParameters(builder.build());
}

/** A layer behind a Reshape whose target is computed from the input's shape, as exporters write it. */
function reshaping(height: number | string): ModelProto {
  const b = new GraphBuilder();
  const x = b.input('x', ['n', 1, height, 4]);
  const batch = b.op('Gather', [b.op('Shape', [x]), b.ints(0)], { axis: 0 });
  const target = b.op('Concat', [b.op('Unsqueeze', [batch, b.ints([0])]), b.ints([-1])], { axis: 0 });
  const flat = b.op('Reshape', [x, target]);
  b.output(b.op('Gemm', [flat, b.float(new Float32Array(48), [16, 3])]));
  return b.build();
}

/** One of each operator family whose output shape is not that of its input. */
function shapeZoo(): ModelProto {
  const b = new GraphBuilder();
  const weight = (...dims: number[]) => b.float(new Float32Array(dims.reduce((a, d) => a * d, 1)), dims);
  const x = b.input('x', ['n', 4, 10, 11]);
  b.op('Conv', [x, weight(6, 2, 3, 5)], { group: 2, strides: [2, 1], pads: [1, 2, 0, 1], dilations: [1, 2] });
  b.op('Conv', [x, weight(6, 4, 3, 3)], { strides: [2, 2], auto_pad: 'SAME_UPPER' });
  b.op('ConvTranspose', [x, weight(4, 3, 3, 2)], {
    group: 2,
    strides: [2, 3],
    pads: [1, 0, 0, 1],
    output_padding: [1, 0],
  });
  b.op('MaxPool', [x], { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 });
  b.op('AveragePool', [x], { kernel_shape: [2, 2], auto_pad: 'VALID' });
  b.op('GlobalAveragePool', [x]);
  const flat = b.op('Flatten', [x], { axis: 2 });
  b.op('Gemm', [flat, weight(7, 110)], { transB: 1 });
  b.op('MatMul', [x, weight(11, 5)]);
  b.op('Transpose', [x], { perm: [0, 2, 3, 1] });
  b.op('Reshape', [x, b.ints([0, -1, 11])]);
  const wide = b.op('Unsqueeze', [x, b.ints([-1, 1])]);
  b.op('Squeeze', [wide, b.ints([1])]);
  b.op('Concat', [x, x], { axis: -3 });
  b.op('Pad', [x, b.ints([0, 0, 1, 2, 0, 1, 0, 3])]);
  b.op('Gather', [x, b.ints([0, 2])], { axis: 1 });
  b.op('ReduceMean', [x, b.ints([2, -1])], { keepdims: 0 });
  b.op('ReduceMax', [x, b.ints([1])]);
  b.op('Slice', [x, b.ints([1, -1]), b.ints([100, -9]), b.ints([1, 3]), b.ints([2, -3])]);
  b.op('Resize', [x, '', b.float([1, 1, 2, 1.5])], { mode: 'nearest' });
  b.op('Expand', [b.op('ReduceSum', [x, b.ints([3])]), b.ints([1, 1, 1, 3])]);
  b.op('Add', [x, weight(4, 1, 1)]);
  b.ops('Split', 3, [x], { axis: -1, num_outputs: 3 });
  b.ops('Split', 2, [x, b.ints([1, 3])], { axis: 1 });
  return b.build();
}

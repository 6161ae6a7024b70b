import { Session, float32 } from '#inference';
import { convNet, expectClose, mlp, randomNumbers } from '#testing';
import { Float, type AttributeValue } from './attributes.js';
import { GraphBuilder } from './builder.js';
import { constantTensor, setConstantTensor } from './constants.js';
import type { TensorData } from './data-type.js';
import { GraphError } from './errors.js';
import { Graph, makeNode } from './graph.js';
import { DataType, type ModelProto } from './proto.js';
import { writeModel } from './write.js';
import { sliceWeight } from './slice-weight.js';
import { floatTensor, makeTensor, tensorData, tensorToFloats, floatsToData, tensorDims } from './tensor.js';
import { weightSites } from './weight-sites.js';
import { readWeight, writeWeight } from './weights.js';

const DIMS = [4, 6];
const VALUES = Float32Array.from({ length: 24 }, (_, i) => (i % 5 === 0 ? 0 : (i - 11) / 4));

interface Stored {
  name: string;
  build(builder: GraphBuilder): string;
  /** Largest error of a value that is read back after writing. */
  step: number;
}

const integers = (low: number, high: number) =>
  Int8Array.from({ length: 24 }, (_, i) => (i % 4 === 0 ? 0 : ((i * 7) % (high - low + 1)) + low));
const tensor = (b: GraphBuilder, type: DataType, dims: readonly number[], data: TensorData) =>
  b.initializer(makeTensor(b.fresh('w'), type, dims, data));
const scales = (b: GraphBuilder, count: number) =>
  b.float(Float32Array.from({ length: count }, (_, i) => 0.25 * (i + 1)));

const STORAGES: Stored[] = [
  { name: 'float32 initializer', step: 0, build: (b) => b.float(VALUES, DIMS) },
  { name: 'Constant node', step: 0, build: (b) => b.op('Constant', [], { value: floatTensor('', DIMS, VALUES) }) },
  {
    name: 'float16 initializer behind a Cast',
    step: 1e-2,
    build: (b) =>
      b.op('Cast', [tensor(b, DataType.FLOAT16, DIMS, floatsToData(DataType.FLOAT16, VALUES))], { to: DataType.FLOAT }),
  },
  {
    name: 'bfloat16 initializer behind a Cast',
    step: 5e-2,
    build: (b) =>
      b.op('Cast', [tensor(b, DataType.BFLOAT16, DIMS, floatsToData(DataType.BFLOAT16, VALUES))], {
        to: DataType.FLOAT,
      }),
  },
  {
    name: 'int8, one scale',
    step: 0.0625,
    build: (b) => b.op('DequantizeLinear', [tensor(b, DataType.INT8, DIMS, integers(-127, 127)), b.float(0.125)]),
  },
  {
    name: 'int8 per channel',
    step: 0.5,
    build: (b) =>
      b.op('DequantizeLinear', [tensor(b, DataType.INT8, DIMS, integers(-127, 127)), scales(b, 4)], { axis: 0 }),
  },
  {
    name: 'int8 per channel on the last axis',
    step: 0.75,
    build: (b) =>
      b.op('DequantizeLinear', [tensor(b, DataType.INT8, DIMS, integers(-127, 127)), scales(b, 6)], { axis: -1 }),
  },
  {
    name: 'uint8 with a zero point',
    step: 0.0625,
    build: (b) =>
      b.op('DequantizeLinear', [
        tensor(
          b,
          DataType.UINT8,
          DIMS,
          Uint8Array.from(integers(-100, 100), (q) => q + 128),
        ),
        b.float(0.125),
        tensor(b, DataType.UINT8, [], Uint8Array.of(128)),
      ]),
  },
  {
    name: 'blocked int4',
    step: 1.5,
    build: (b) =>
      b.op(
        'DequantizeLinear',
        [
          tensor(b, DataType.INT4, DIMS, integers(-7, 7)),
          b.float(
            Float32Array.from({ length: 12 }, (_, i) => 0.25 * (i + 1)),
            [4, 3],
          ),
        ],
        { axis: 1, block_size: 2 },
      ),
  },
  {
    name: 'int4 -> Cast -> DequantizeLinear',
    step: 0.5,
    build: (b) =>
      b.op(
        'DequantizeLinear',
        [b.op('Cast', [tensor(b, DataType.INT4, DIMS, integers(-7, 7))], { to: DataType.INT8 }), scales(b, 4)],
        { axis: 0 },
      ),
  },
  {
    name: 'uint4 indices -> Cast -> Gather of an int8 codebook -> DequantizeLinear',
    step: 10,
    build: (b) => {
      const indices = b.op(
        'Cast',
        [
          tensor(
            b,
            DataType.UINT4,
            DIMS,
            Uint8Array.from({ length: 24 }, (_, i) => i % 4),
          ),
        ],
        { to: DataType.INT32 },
      );
      return b.op(
        'DequantizeLinear',
        [b.op('Gather', [tensor(b, DataType.INT8, [4], Int8Array.of(-16, 0, 16, 32)), indices]), scales(b, 4)],
        { axis: 0 },
      );
    },
  },
  {
    name: 'int4 -> Cast -> Mul by scales per channel',
    step: 0.5,
    build: (b) =>
      b.op('Mul', [
        b.op('Cast', [tensor(b, DataType.INT4, DIMS, integers(-7, 7))], { to: DataType.FLOAT }),
        b.float([0.25, 0.5, 0.75, 1], [4, 1]),
      ]),
  },
  {
    name: 'int8 -> Cast -> Mul by scales of the last axis',
    step: 0.75,
    build: (b) =>
      b.op('Mul', [
        scales(b, 6),
        b.op('Cast', [tensor(b, DataType.INT8, DIMS, integers(-127, 127))], { to: DataType.FLOAT }),
      ]),
  },
  {
    name: 'int8 -> Cast -> Mul by one scale',
    step: 0.125,
    build: (b) =>
      b.op('Mul', [
        b.op('Cast', [tensor(b, DataType.INT8, DIMS, integers(-127, 127))], { to: DataType.FLOAT }),
        b.float(0.25),
      ]),
  },
  {
    name: 'float codebook -> Mul',
    step: 10,
    build: (b) =>
      b.op('Mul', [
        b.op('Gather', [
          b.float([-3, 0, 2]),
          tensor(
            b,
            DataType.INT32,
            DIMS,
            Int32Array.from({ length: 24 }, (_, i) => i % 3),
          ),
        ]),
        b.float([1, 2, 3, 4], [4, 1]),
      ]),
  },
  {
    name: 'float codebook',
    step: 4,
    build: (b) =>
      b.op('Gather', [
        b.float([-3, 0, 2]),
        tensor(
          b,
          DataType.INT32,
          DIMS,
          Int32Array.from({ length: 24 }, (_, i) => i % 3),
        ),
      ]),
  },
];

/** y = x · W with W [4, 6] stored in one way. */
function product(storage: Stored): { graph: Graph; value: string } {
  const builder = new GraphBuilder();
  const x = builder.input('x', ['n', 'k']);
  const value = storage.build(builder);
  builder.op('MatMul', [x, value], {}, { outputs: [builder.output('y', ['n', 'm'])] });
  return { graph: new Graph(builder.build()), value };
}

/** What the runtime makes of the weight: x is the identity. */
async function runtimeValues(model: ModelProto, rows: number): Promise<Float32Array> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  const identity = Float32Array.from({ length: rows * rows }, (_, i) => (i % (rows + 1) === 0 ? 1 : 0));
  const { y } = await session.run({ x: float32([rows, rows], identity) });
  await session.release();
  return y!.data as Float32Array;
}

describe.each(STORAGES)('a weight stored as $name', (storage) => {
  it('reads as the floats that the runtime computes with', async () => {
    const { graph, value } = product(storage);
    const weight = readWeight(graph, value)!;
    expect(weight.dims).toEqual(DIMS);
    expectClose(weight.values, await runtimeValues(graph.model, 4), { absolute: 1e-6 });
  });

  it('does not change when it is written back as read', () => {
    const { graph, value } = product(storage);
    const before = writeModel(graph.model);
    writeWeight(graph, value, readWeight(graph, value)!.values);
    expect(Buffer.compare(writeModel(graph.model), before)).toBe(0);
  });

  it('keeps zeros exactly zero and other values within its grid', async () => {
    const { graph, value } = product(storage);
    const wished = readWeight(graph, value)!.values.map((old, i) => (i % 2 === 0 ? 0 : old * 0.9));
    writeWeight(graph, value, wished);
    const { values } = readWeight(graph, value)!;
    expect(values.every((got, i) => wished[i] !== 0 || got === 0)).toBe(true);
    expectClose(values, wished, { absolute: storage.step + 1e-6, relative: 0 });
    expectClose(values, await runtimeValues(graph.model, 4));
  });

  it('slices exactly along both axes, scales included', async () => {
    const { graph, value } = product(storage);
    const { values } = readWeight(graph, value)!;
    sliceWeight(graph, value, 1, [2, 3]);
    sliceWeight(graph, value, 0, [0, 3]);
    expectClose(readWeight(graph, value)!.values, [values[2]!, values[3]!, values[20]!, values[21]!], {
      absolute: 0,
      relative: 0,
    });
    expectClose(await runtimeValues(graph.model, 2), [values[2]!, values[3]!, values[20]!, values[21]!]);
  });
});

describe('readWeight', () => {
  it('is null for what is no weight', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', [2]);
    const indices = builder.ints([0, 1]);
    builder.output(builder.op('Gather', [x, indices], {}, { outputs: ['y'] }));
    const graph = new Graph(builder.build());
    expect(['x', 'y', indices, 'absent'].map((value) => readWeight(graph, value))).toEqual([null, null, null, null]);
    expect(() => writeWeight(graph, 'x', [1, 2])).toThrow(GraphError);
  });

  it('gives a fresh copy', () => {
    const graph = new Graph(mlp());
    readWeight(graph, 'fc1.weight')!.values.fill(7);
    expect(readWeight(graph, 'fc1.weight')!.values).not.toContain(7);
  });
});

describe('writeWeight', () => {
  it('stays within ±64 where the quantizer did, and within ±127 elsewhere', () => {
    for (const [largest, bound] of [
      [64, 64],
      [100, 127],
    ] as const) {
      const builder = new GraphBuilder();
      const value = builder.op('DequantizeLinear', [
        tensor(builder, DataType.INT8, [2, 1], Int8Array.of(largest, -3)),
        builder.float(1),
      ]);
      const graph = new Graph(builder.build());
      writeWeight(graph, value, [1000, -1000]);
      expect(readWeight(graph, value)!.values).toEqual(Float32Array.of(bound, -bound));
    }
  });

  it('rounds ties to even, as QuantizeLinear does', () => {
    const builder = new GraphBuilder();
    const value = builder.op('DequantizeLinear', [
      tensor(builder, DataType.INT8, [4, 1], Int8Array.of(100, 0, 0, 0)),
      builder.float(1),
    ]);
    const graph = new Graph(builder.build());
    writeWeight(graph, value, [0.5, 1.5, 2.5, -0.5]);
    expect([...readWeight(graph, value)!.values].map((v) => v + 0)).toEqual([0, 2, 2, 0]);
  });
});

describe('sliceWeight', () => {
  it('copies scales that another weight shares', () => {
    const builder = new GraphBuilder();
    const shared = scales(builder, 4);
    const values = [0, 1].map(() =>
      builder.op('DequantizeLinear', [tensor(builder, DataType.INT8, DIMS, integers(-50, 50)), shared], { axis: 0 }),
    );
    const graph = new Graph(builder.build());
    const other = readWeight(graph, values[1]!)!.values;
    sliceWeight(graph, values[0]!, 0, [1]);
    expect(readWeight(graph, values[0]!)!.dims).toEqual([1, 6]);
    expect(readWeight(graph, values[1]!)!.values).toEqual(other);
  });

  it('refuses to tear a block', () => {
    const { graph, value } = product(STORAGES.find(({ name }) => name === 'blocked int4')!);
    expect(() => sliceWeight(graph, value, 1, [1, 2])).toThrow(/only whole blocks/);
  });
});

describe('constants', () => {
  it.each<[string, AttributeValue, number[]]>([
    ['value_float', new Float(2), [2]],
    ['value_floats', new Float([1, 2.5]), [1, 2.5]],
    ['value_int', 7, [7]],
    ['value_ints', [1, -2], [1, -2]],
  ])('%s is read and replaced', (name, attribute, values) => {
    const builder = new GraphBuilder();
    const value = builder.op('Constant', [], { [name]: attribute });
    const graph = new Graph(builder.build());
    expect(tensorToFloats(constantTensor(graph, value)!)).toEqual(Float32Array.from(values));
    setConstantTensor(graph, value, floatTensor('', [2], [3, 4]));
    expect(tensorToFloats(constantTensor(graph, value)!)).toEqual(Float32Array.of(3, 4));
  });
});

describe('weightSites', () => {
  it('finds layers with their axes and biases', () => {
    const graph = new Graph(convNet());
    expect(
      weightSites(graph).map(({ opType, weight, outputAxis, inputAxis, bias }) => [
        opType,
        weight,
        outputAxis,
        inputAxis,
        bias?.value,
      ]),
    ).toEqual([
      ['Conv', 'conv1.weight', 0, 1, 'conv1.bias'],
      ['Conv', 'conv2.weight', 0, 1, 'conv2.bias'],
      ['Gemm', 'fc.weight', 0, 1, 'fc.bias'],
    ]);
  });

  it('knows both sides of MatMul, the Add behind it, and ConvTranspose', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [1, 4]);
    const y = b.op('Add', [
      b.float(new Float32Array(6), [6]),
      b.op('MatMul', [x, b.initializer(floatTensor('right', [4, 6], VALUES))]),
    ]);
    b.op('MatMul', [b.initializer(floatTensor('left', [4, 6], VALUES)), b.op('Transpose', [y])]);
    b.op('ConvTranspose', [x, b.initializer(floatTensor('up', [4, 2, 3], VALUES))], { group: 2 });
    b.output(y);
    const sites = weightSites(new Graph(b.build()));
    expect(
      sites.map(({ weight, weightIndex, outputAxis, inputAxis, group }) => [
        weight,
        weightIndex,
        outputAxis,
        inputAxis,
        group,
      ]),
    ).toEqual([
      ['right', 1, 1, 0, 1],
      ['left', 0, 0, 1, 1],
      ['up', 1, 1, 0, 2],
    ]);
    expect(sites.map(({ bias }) => bias?.node.opType)).toEqual(['Add', undefined, undefined]);
  });

  it('leaves out layers whose weight is computed', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [4, 4]);
    b.output(b.op('MatMul', [x, x]));
    expect(weightSites(new Graph(b.build()))).toEqual([]);
  });
});

describe('packed tensors', () => {
  it.each([
    [DataType.INT4, -8, 7],
    [DataType.UINT4, 0, 15],
    [DataType.INT2, -2, 1],
    [DataType.UINT2, 0, 3],
  ])('element type %i survives packing, also at odd lengths', (type, low, high) => {
    const random = randomNumbers(5);
    for (const length of [0, 1, 3, 5, 8, 13]) {
      const data = Int8Array.from({ length }, () => low + Math.floor(random() * (high - low + 1)));
      const packed = makeTensor('t', type, [length], data);
      expect(tensorDims(packed)).toEqual([length]);
      expect(Array.from(tensorData(packed) as ArrayLike<number>)).toEqual([...data]);
    }
  });
});

it('makeNode leaves out undefined attributes', () => {
  expect(makeNode('Relu', ['x'], ['y'], { alpha: undefined }).attribute).toEqual([]);
});

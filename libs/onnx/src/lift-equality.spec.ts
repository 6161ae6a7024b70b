import { Session, type HostTensor, type HostTensors } from '#inference';
import { Dice, randomModel } from '#testing';
import { Float } from './attributes.js';
import { GraphBuilder, valueDims, valueElemType } from './builder.js';
import { elementTypeOf } from './element-type.js';
import { UnsupportedModelError } from './errors.js';
import { Graph, makeNode, type Attributes } from './graph.js';
import { liftOpset } from './lift-opset.js';
import { opsetVersion } from './opset.js';
import { DataType, type ModelProto, type ValueInfoProto } from './proto.js';
import { cloneModel, readModel } from './read.js';
import { elementCount } from './tensor.js';
import { writeModel } from './write.js';

const TARGETS = [13, 18, 21];

interface Case {
  op: string;
  /** Opsets in which the node is written so. */
  from: number;
  to: number;
  attributes?: Attributes;
  constants?: (b: GraphBuilder) => string[];
  /** The newest opset that the runtime runs the operator in, where it lags behind. */
  newest?: number;
  outputs?: number;
  dims?: number[];
}

const REDUCTIONS = [
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSumExp',
  'ReduceSumSquare',
  'ReduceProd',
  'ReduceLogSum',
];
const scales = (b: GraphBuilder) => [b.float([1, 1, 2, 1.5])];
const statistics = (b: GraphBuilder) => [
  b.float([1, 2, 0.5]),
  b.float([0, 1, 2]),
  b.float([0.1, 0.2, 0.3]),
  b.float([1, 2, 3]),
];

/** The scales that give a certain height and width, as exporters compute them from the shape. */
const sizeRatio = (b: GraphBuilder, size: number) => {
  const sizes = b.op('Cast', [b.op('Slice', [b.op('Shape', ['x']), b.ints([2]), b.ints([2 ** 63]), b.ints([0])])], {
    to: DataType.FLOAT,
  });
  return b.op('Concat', [b.float([1, 1], [2]), b.op('Div', [b.float([size, size]), sizes])], { axis: 0 });
};

const CASES: Case[] = [
  { op: 'Upsample', from: 7, to: 8, attributes: { scales: new Float([1, 1, 2, 1.5]), mode: 'nearest' } },
  { op: 'Upsample', from: 7, to: 8, attributes: { scales: new Float([1, 1, 2, 3]), mode: 'linear' } },
  { op: 'Upsample', from: 9, to: 9, attributes: { mode: 'linear' }, constants: scales },
  { op: 'Resize', from: 10, to: 10, constants: (b) => [sizeRatio(b, 8)] },
  { op: 'Resize', from: 10, to: 10, constants: (b) => [sizeRatio(b, 2)] },
  { op: 'Upsample', from: 9, to: 9, constants: (b) => [b.op('Mul', [b.float([1, 1, 1, 1]), b.float([1, 1, 2, 1.5])])] },
  { op: 'Resize', from: 10, to: 10, attributes: { mode: 'linear' }, constants: scales },
  { op: 'Resize', from: 10, to: 10, constants: (b) => [b.float([1, 1, 0.5, 0.75])] },
  { op: 'Resize', from: 10, to: 10, constants: scales },
  { op: 'Resize', from: 10, to: 10, attributes: { mode: 'linear' }, constants: (b) => [b.float([1, 1, 0.5, 1.75])] },
  ...['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric', 'tf_half_pixel_for_nn'].map((mode): Case => ({
    op: 'Resize',
    from: 11,
    to: 12,
    attributes: { mode: 'linear', coordinate_transformation_mode: mode },
    constants: (b) => [b.float([]), b.float([1, 1, 1.5, 0.5])],
  })),
  {
    op: 'Resize',
    from: 11,
    to: 17,
    attributes: { mode: 'cubic', cubic_coeff_a: new Float(-0.5), exclude_outside: 1 },
    constants: (b) => [b.float([]), b.float([]), b.ints([2, 3, 6, 5])],
  },
  {
    op: 'Resize',
    from: 11,
    to: 18,
    attributes: { nearest_mode: 'ceil' },
    constants: (b) => [b.float([]), b.float([]), b.ints([2, 3, 6, 5])],
  },
  { op: 'BatchNormalization', from: 7, to: 8, attributes: { spatial: 1, epsilon: 0.01 }, constants: statistics },
  { op: 'BatchNormalization', from: 9, to: 14, attributes: { momentum: 0.8 }, constants: statistics },
  { op: 'Dropout', from: 7, to: 11, attributes: { ratio: 0.3 } },
  { op: 'Clip', from: 7, to: 10, attributes: { min: new Float(-0.5) } },
  { op: 'Clip', from: 7, to: 10, attributes: { max: new Float(0) } },
  { op: 'Pad', from: 7, to: 10, attributes: { mode: 'reflect', pads: [0, 0, 1, 2, 0, 0, 1, 0] } },
  { op: 'Pad', from: 7, to: 10, attributes: { pads: [0, 0, -1, 2, 0, 0, 1, 0], value: new Float(-2) } },
  { op: 'Slice', from: 7, to: 9, attributes: { starts: [1, -3], ends: [9, -1], axes: [1, 3] } },
  { op: 'Slice', from: 7, to: 9, attributes: { starts: [0, 1], ends: [2, 3] } },
  { op: 'Slice', from: 7, to: 9, attributes: { starts: [1, -2], ends: [2 ** 63, 2 ** 63], axes: [1, 3] } },
  { op: 'Slice', from: 7, to: 9, attributes: { starts: [-(2 ** 63), 0], ends: [2 ** 31, -1], axes: [1, 2] } },
  { op: 'Slice', from: 10, to: 20, constants: (b) => [b.ints([1]), b.ints([2 ** 63]), b.ints([3])] },
  { op: 'Slice', from: 10, to: 20, constants: (b) => [b.ints([-1]), b.ints([-(2 ** 63)]), b.ints([3]), b.ints([-1])] },
  { op: 'TopK', from: 7, to: 9, attributes: { k: 2, axis: 1 }, outputs: 2 },
  ...[-2, 0, 1, 2, 3].flatMap((axis) =>
    ['Softmax', 'LogSoftmax', 'Hardmax'].map((op): Case => ({
      op,
      from: axis < 0 ? 11 : 7,
      to: 12,
      attributes: { axis },
    })),
  ),
  ...['Softmax', 'LogSoftmax'].map((op): Case => ({ op, from: 7, to: 12 })),
  { op: 'Squeeze', from: 7, to: 12, attributes: { axes: [0, 2] }, dims: [1, 3, 1, 4] },
  { op: 'Squeeze', from: 7, to: 12, dims: [1, 3, 1, 4] },
  { op: 'Squeeze', from: 11, to: 12, attributes: { axes: [-2] }, dims: [1, 3, 1, 4] },
  { op: 'Unsqueeze', from: 7, to: 12, attributes: { axes: [0, 3] } },
  { op: 'Split', from: 7, to: 17, outputs: 3, attributes: { axis: 1 } },
  { op: 'Split', from: 7, to: 12, outputs: 2, attributes: { axis: 3, split: [1, 3] } },
  { op: 'Split', from: 13, to: 17, outputs: 2, attributes: { axis: 3 }, constants: (b) => [b.ints([1, 3])] },
  ...REDUCTIONS.flatMap((op): Case[] => [
    { op, from: 7, to: 17, attributes: { axes: [1, 3], keepdims: 0 } },
    { op, from: 7, to: 17 },
  ]),
  { op: 'ReduceSum', from: 7, to: 12, attributes: { axes: [2], keepdims: 0 } },
  { op: 'ReduceSum', from: 7, to: 12 },
  { op: 'ReduceMean', from: 11, to: 17, attributes: { axes: [-1] } },
  { op: 'ReduceSum', from: 13, to: 20, attributes: { noop_with_empty_axes: 1 } },
  { op: 'Flatten', from: 7, to: 20, attributes: { axis: 2 } },
  { op: 'MaxPool', from: 7, to: 20, attributes: { kernel_shape: [2, 3], pads: [0, 1, 1, 1], strides: [1, 2] } },
  { op: 'MaxPool', from: 10, to: 20, attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } },
  {
    op: 'AveragePool',
    from: 7,
    to: 20,
    attributes: { kernel_shape: [2, 3], pads: [0, 1, 1, 1], count_include_pad: 1 },
  },
  { op: 'AveragePool', from: 10, to: 20, attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } },
  { op: 'LpPool', from: 7, to: 17, attributes: { kernel_shape: [2, 2], p: 2 } },
  { op: 'DepthToSpace', from: 7, to: 20, attributes: { blocksize: 2 }, dims: [2, 4, 3, 4] },
  {
    op: 'Gemm',
    from: 7,
    to: 20,
    attributes: { alpha: 0.5 },
    constants: (b) => [b.float([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), b.float([1, 2])],
    dims: [3, 4],
  },
  { op: 'PRelu', from: 7, to: 20, constants: (b) => [b.float([0.1, 0.2, 0.3], [3, 1, 1])] },
  { op: 'InstanceNormalization', from: 7, to: 20, constants: (b) => [b.float([1, 2, 3]), b.float([0, 1, 2])] },
  { op: 'LRN', from: 7, to: 20, attributes: { size: 3 } },
  { op: 'DFT', from: 17, to: 19, attributes: { axis: 1, onesided: 1 }, dims: [2, 6, 1] },
  { op: 'DFT', from: 17, to: 19, dims: [2, 6, 4, 1] },
  {
    op: 'GridSample',
    from: 16,
    to: 19,
    constants: (b) => [
      b.float(
        Array.from({ length: 16 }, (_, i) => Math.sin(i)),
        [2, 2, 2, 2],
      ),
    ],
  },
  {
    op: 'GridSample',
    from: 16,
    to: 19,
    attributes: { mode: 'bicubic' },
    constants: (b) => [
      b.float(
        Array.from({ length: 16 }, (_, i) => Math.cos(i)),
        [2, 2, 2, 2],
      ),
    ],
  },
  {
    op: 'RoiAlign',
    from: 10,
    to: 15,
    newest: 18,
    attributes: { output_height: 2, output_width: 2, sampling_ratio: 2 },
    constants: (b) => [b.float([0, 0, 3, 3], [1, 4]), b.ints([1])],
  },
  { op: 'ArgMax', from: 7, to: 20, attributes: { axis: 1 } },
  {
    op: 'Scatter',
    from: 9,
    to: 10,
    attributes: { axis: 0 },
    constants: (b) => [
      b.initializer({
        ...b.initializers[0]!,
        name: 'at',
        dataType: DataType.INT64,
        dims: [1n, 1n, 1n, 1n],
        rawData: new Uint8Array(8),
      }),
      b.float([7], [1, 1, 1, 1]),
    ],
  },
];

function single(
  { op, attributes = {}, constants = () => [], outputs = 1, dims = [2, 3, 4, 4] }: Case,
  opset: number,
): ModelProto {
  const b = new GraphBuilder();
  b.input('x', dims);
  if (op === 'Scatter') b.float([0]);
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  b.append(makeNode(op, ['x', ...constants(b)], names, attributes));
  for (const name of names) b.output(name, undefined, DataType.UNDEFINED);
  return readModel(writeModel(b.build(opset, 8)));
}

/** Free dimensions are 2; indices stay below 16. */
function feedOf(info: ValueInfoProto, dice: Dice): HostTensor {
  const dims = valueDims(info)!.map((dim) => (typeof dim === 'number' ? dim : 2));
  const length = elementCount(dims);
  switch (valueElemType(info)) {
    case DataType.INT64:
      return { type: 'int64', dims, data: BigInt64Array.from({ length }, () => BigInt(dice.int(0, 15))) };
    case DataType.INT32:
      return { type: 'int32', dims, data: Int32Array.from({ length }, () => dice.int(0, 15)) };
    case DataType.UINT8:
      return { type: 'uint8', dims, data: Uint8Array.from({ length }, () => dice.int(0, 255)) };
    case DataType.BOOL:
      return { type: 'bool', dims, data: Uint8Array.from({ length }, () => dice.int(0, 1)) };
    case DataType.DOUBLE:
      return { type: 'float64', dims, data: Float64Array.from({ length }, () => dice.normal(1)) };
    default:
      return { type: 'float32', dims, data: Float32Array.from({ length }, () => dice.normal(1)) };
  }
}

async function answers(model: ModelProto): Promise<Record<string, { dims: readonly number[]; data: number[] }>> {
  const dice = new Dice(7);
  const feeds: HostTensors = Object.fromEntries(new Graph(model).inputs.map((info) => [info.name, feedOf(info, dice)]));
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  try {
    return Object.fromEntries(
      Object.entries(await session.run(feeds)).map(([name, { dims, data }]) => [
        name,
        { dims, data: Array.from(data as ArrayLike<number | bigint>, Number) },
      ]),
    );
  } finally {
    await session.release();
  }
}

/** Equal but for the rounding of another kernel. */
function expectSame(actual: Awaited<ReturnType<typeof answers>>, expected: typeof actual): void {
  expect(Object.entries(actual).map(([name, { dims }]) => [name, dims])).toEqual(
    Object.entries(expected).map(([name, { dims }]) => [name, dims]),
  );
  for (const [name, { data }] of Object.entries(expected)) {
    const scale = data.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 1e-3);
    const wrong = data.filter(
      (value, i) =>
        !Object.is(value, actual[name]!.data[i]) && !(Math.abs(actual[name]!.data[i]! - value) <= 1e-5 * scale),
    );
    expect(wrong).toEqual([]);
  }
}

async function expectLifted(model: ModelProto, target: number): Promise<void> {
  const lifted = cloneModel(model);
  liftOpset(lifted, target);
  expect(opsetVersion(lifted)).toBe(Math.max(target, opsetVersion(model)));
  expectSame(await answers(readModel(writeModel(lifted))), await answers(model));
}

describe('lifting keeps what a node computes', () => {
  it.each(CASES.map((given): [string, Case] => [`${given.op} ${JSON.stringify(given.attributes ?? {})}`, given]))(
    '%s',
    async (_name, given) => {
      for (const target of TARGETS)
        if (target <= (given.newest ?? 25)) await expectLifted(single(given, given.from), target);
      for (const target of [Math.min(21, given.newest ?? 21), given.newest ?? 25])
        await expectLifted(single(given, given.to), target);
    },
  );

  it.each([DataType.DOUBLE, DataType.INT32, DataType.FLOAT])('with constants of its type (%s)', async (type) => {
    const b = new GraphBuilder();
    const doubled = b.op('Add', [b.input('x', [2, 3], DataType.FLOAT), 'x']);
    const cast = b.op('Cast', [doubled], { to: type });
    // The runtime clips no doubles and pads no integers in so old an opset.
    const clipped = type === DataType.FLOAT ? b.op('Clip', [cast], { min: new Float(-1), max: new Float(1) }) : cast;
    const padded = type === DataType.INT32 ? cast : b.op('Pad', [clipped], { pads: [0, 1, 0, 0], value: new Float(3) });
    b.output(b.op('Cast', [padded], { to: DataType.FLOAT }, { outputs: ['y'] }), [2, 'm']);
    await expectLifted(readModel(writeModel(b.build(10, 8))), 21);
  });
});

describe('lifting keeps what random models compute', () => {
  it.each(Array.from({ length: 10 }, (_, seed) => seed))('seed %i', async (seed) => {
    const model = readModel(writeModel(randomModel(seed).model));
    await expectLifted(model, seed % 2 === 0 ? 21 : 25);
  });
});

describe('what cannot be lifted is said', () => {
  it.each<[string, () => ModelProto, RegExp]>([
    [
      'statistics of single elements',
      () => single({ op: 'BatchNormalization', from: 7, to: 8, attributes: { spatial: 0 }, constants: statistics }, 8),
      /BatchNormalization node "y0" cannot be lifted to a newer opset: its statistics are those of each element/,
    ],
    [
      'a mask of floats that is read',
      () => single({ op: 'Dropout', from: 7, to: 9, outputs: 2 }, 9),
      /Dropout node "y0" .*: its mask is read/,
    ],
    [
      'pixels that are the nearest by two rules',
      () => single({ op: 'Resize', from: 10, to: 10, constants: (b) => [b.float([1, 1, 0.5, 2])] }, 10),
      /Resize node "y0" .*: it grows along one axis and shrinks along another/,
    ],
    [
      'pixels whose nearest depends on the data',
      () =>
        single(
          {
            op: 'Resize',
            from: 10,
            to: 10,
            constants: (b) => [b.op('Mul', [b.float([1, 1, 1, 1]), b.op('ReduceMax', ['x'], { keepdims: 0 })])],
          },
          10,
        ),
      /its scales are computed/,
    ],
    [
      'groups that are scaled',
      () =>
        single(
          {
            op: 'GroupNormalization',
            from: 18,
            to: 20,
            attributes: { num_groups: 3 },
            constants: (b) => [b.float([1, 1, 1]), b.float([0, 0, 0])],
          },
          18,
        ),
      /GroupNormalization before opset 21/,
    ],
  ])('%s', (_name, make, message) => {
    expect(() => liftOpset(make(), 21)).toThrow(message);
    expect(() => liftOpset(make(), 21)).toThrow(UnsupportedModelError);
  });

  it('and nothing is passed off as a newer form that it has not', () => {
    const model = single({ op: 'Relu', from: 7, to: 20 }, 13);
    model.graph!.node[0] = makeNode('Relu', ['x'], ['y0'], { consumed_inputs: [0] });
    expect(() => liftOpset(model, 21)).toThrow(/Relu node "y0" cannot be lifted to opset 21: .*"consumed_inputs"/);
  });

  it('a mask that nobody reads is left out', async () => {
    const model = single({ op: 'Dropout', from: 7, to: 9, outputs: 2 }, 9);
    model.graph!.output.pop();
    await expectLifted(model, 21);
  });
});

it('types of values follow from what they are computed from', () => {
  const b = new GraphBuilder();
  b.input('x', [1], DataType.DOUBLE);
  b.op(
    'Relu',
    [b.op('Where', ['c', b.op('Neg', ['x'], {}, { outputs: ['n'] }), 'n'], {}, { outputs: ['w'] })],
    {},
    { outputs: ['r'] },
  );
  b.op('Cast', ['r'], { to: DataType.FLOAT16 }, { outputs: ['h'] });
  const graphs = [b.build().graph!];
  expect(['x', 'n', 'w', 'r', 'h', 'unknown'].map((value) => elementTypeOf(graphs, value))).toEqual([
    DataType.DOUBLE,
    DataType.DOUBLE,
    DataType.DOUBLE,
    DataType.DOUBLE,
    DataType.FLOAT16,
    DataType.FLOAT,
  ]);
});

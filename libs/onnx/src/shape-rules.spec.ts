import { Session, type HostTensors } from '#inference';
import { GraphBuilder, makeValueInfo } from './builder.js';
import { Graph, type Attributes } from './graph.js';
import { DataType, type ModelProto } from './proto.js';
import { staticShapes } from './static-shapes.js';
import { makeTensor } from './tensor.js';
import { writeModel } from './write.js';

const DIMS = [2, 3, 1, 4];

type Inputs = (b: GraphBuilder) => string[];
const none: Inputs = () => [];
const ints =
  (...lists: (number | readonly number[])[]): Inputs =>
  (b) =>
    lists.map((list) => b.ints(list));
const floats =
  (...shapes: (readonly number[])[]): Inputs =>
  (b) =>
    shapes.map((dims) => b.float(new Float32Array(dims.reduce((count, dim) => count * dim, 1)).fill(0.5), dims));
const indices =
  (dims: readonly number[]): Inputs =>
  (b) => {
    const data = new BigInt64Array(dims.reduce((count, dim) => count * dim, 1));
    return [b.initializer(makeTensor('ids', DataType.INT64, dims, data))];
  };

/** Operators on an input of 2 x 3 x 1 x 4, with what they read besides and how many outputs they have. */
const NODES: [opType: string, inputs: Inputs, attributes?: Attributes, outputs?: number][] = [
  ['GatherElements', indices([1, 2, 1, 3]), { axis: 1 }],
  ['Gather', indices([5, 2]), { axis: -1 }],
  ['Gather', indices([]), { axis: 1 }],
  ['Squeeze', none],
  ['Squeeze', ints([-2])],
  ['Unsqueeze', ints([0, -1])],
  ['Flatten', none, { axis: 2 }],
  ['Flatten', none, { axis: -1 }],
  ['Transpose', none],
  ['Transpose', none, { perm: [0, 2, 3, 1] }],
  ['Concat', floats([2, 3, 2, 4], [2, 3, 5, 4]), { axis: -2 }],
  ['Pad', ints([0, 1, 0, 0, 0, 2, 3, 0])],
  ['ReduceMean', ints([1, -1])],
  ['ReduceMean', ints([1, -1]), { keepdims: 0 }],
  ['ReduceMax', none],
  ['ReduceSum', none, { keepdims: 0 }],
  ['ArgMax', none],
  ['ArgMax', none, { axis: 1, keepdims: 0 }],
  ['ArgMin', none, { axis: -1 }],
  ['Tile', ints([1, 2, 3, 1])],
  ['Expand', ints([3, 5, 1])],
  ['Slice', ints([1, -3], [3, -1], [1, 3])],
  ['Slice', ints([-1], [-100], [3], [-2])],
  ['Reshape', ints([0, -1, 2])],
  ['Shape', none],
  ['TopK', ints([2]), { axis: 1 }, 2],
  ['TopK', ints([3]), {}, 2],
  ['Split', none, { num_outputs: 2, axis: 1 }, 2],
  ['Split', ints([1, 3]), { axis: -1 }, 2],
  ['Add', floats([4])],
  ['Mul', floats([5, 1, 1, 1, 4])],
  ['MatMul', floats([4, 6])],
  ['MatMul', floats([4])],
  ['Conv', floats([6, 3, 1, 2]), { pads: [0, 1, 0, 0] }],
  ['ConvTranspose', floats([3, 2, 2, 2]), { strides: [2, 3] }],
  ['MaxPool', none, { kernel_shape: [1, 3], strides: [1, 2], ceil_mode: 1 }],
  ['AveragePool', none, { kernel_shape: [1, 2], auto_pad: 'SAME_UPPER' }],
  ['GlobalAveragePool', none],
  ['Resize', (b) => ['', b.float([1, 1, 2, 1.6])], { mode: 'nearest' }],
  ['Resize', (b) => ['', '', b.ints([2, 3, 4, 7])], { mode: 'linear' }],
  ['SpaceToDepth', none, { blocksize: 1 }],
];

async function observed(model: ModelProto): Promise<HostTensors> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  try {
    return await session.run({ x: { type: 'float32', dims: DIMS, data: new Float32Array(24) } });
  } finally {
    await session.release();
  }
}

describe('the shape of each operator is known and the one that the runtime observes:', () => {
  it.each(NODES)('%s %#', async (opType, inputs, attributes = {}, outputs = 1) => {
    const b = new GraphBuilder();
    const x = b.input('x', DIMS);
    const names = b.ops(opType, outputs, [x, ...inputs(b)], attributes);
    const model = b.build();
    model.graph!.output = names.map((name) => makeValueInfo(name, DataType.UNDEFINED));
    const found = await observed(model);
    const shapes = staticShapes(new Graph(model));
    expect(names.map((name) => shapes.get(name))).toEqual(names.map((name) => [...found[name]!.dims]));
  });
});

describe('the shape of an operator', () => {
  it('is that of the product for matrices that stand on their side', () => {
    const b = new GraphBuilder();
    const y = b.op('Gemm', [b.input('x', [5, 2]), ...floats([3, 5])(b)], { transA: 1, transB: 1 });
    expect(staticShapes(new Graph(b.build())).get(y)).toEqual([2, 3]);
  });

  it('turns height and width into channels and back', () => {
    const b = new GraphBuilder();
    const deep = b.op('SpaceToDepth', [b.input('x', [1, 2, 4, 6])], { blocksize: 2 });
    const wide = b.op('DepthToSpace', [deep], { blocksize: 2 });
    const shapes = staticShapes(new Graph(b.build()));
    expect([deep, wide].map((value) => shapes.get(value))).toEqual([
      [1, 8, 2, 3],
      [1, 2, 4, 6],
    ]);
  });

  it('is unknown where axes are computed', () => {
    const b = new GraphBuilder();
    const axes = b.input('axes', [1], DataType.INT64);
    const y = b.op('ReduceSum', [b.input('x', DIMS), axes]);
    expect(staticShapes(new Graph(b.build())).has(y)).toBe(false);
  });
});

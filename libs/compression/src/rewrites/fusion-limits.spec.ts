import { float32, Session } from '#inference';
import { DataType, Graph, GraphBuilder, makeTensor, writeModel, type ModelProto } from '#onnx';
import { fuseDecomposed } from './decomposed.js';
import { fuseHardSwish } from './fuse-hard-swish.js';

const X = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i) * 5);

async function run(model: ModelProto): Promise<{ dims: readonly number[]; values: number[] }> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  const { y } = await session.run({ x: float32([2, 6], X) });
  await session.release();
  return { dims: y!.dims, values: Array.from(y!.data as Float32Array) };
}

type Constant = (value: number, dims?: number[]) => string;

/** x [2, 6] of floats, taken on as `type`, -> … -> y of floats; `shape` is that of the constants. */
function net(
  type: DataType,
  shape: number[],
  build: (b: GraphBuilder, x: string, constant: Constant) => string,
): ModelProto {
  const b = new GraphBuilder();
  const x = b.op('Cast', [b.input('x', [2, 6])], { to: type });
  const constant: Constant = (value, dims = shape) =>
    b.initializer(
      makeTensor(b.fresh('k'), type, dims, type === DataType.DOUBLE ? Float64Array.of(value) : Float32Array.of(value)),
    );
  b.op('Cast', [build(b, x, constant)], { to: DataType.FLOAT }, { outputs: ['y'] });
  b.output('y');
  return b.build();
}

const hardSwish = (b: GraphBuilder, x: string, k: Constant) =>
  b.op('Div', [b.op('Mul', [x, b.op('Clip', [b.op('Add', [x, k(3)]), k(0, []), k(6, [])])]), k(6)]);
const tanhGelu = (b: GraphBuilder, x: string, k: Constant) => {
  const inner = b.op('Add', [x, b.op('Mul', [b.op('Mul', [b.op('Mul', [x, x]), x]), k(0.044715)])]);
  const gate = b.op('Add', [b.op('Tanh', [b.op('Mul', [inner, k(Math.sqrt(2 / Math.PI))])]), k(1)]);
  return b.op('Mul', [b.op('Mul', [x, gate]), k(0.5)]);
};

describe.each([
  ['hard-swish', hardSwish],
  ['GELU', tanhGelu],
] as const)('%s', (_name, build) => {
  const fuse = (model: ModelProto) => {
    fuseDecomposed(model);
    fuseHardSwish(new Graph(model));
    return model;
  };

  it('of doubles stays as it is: the runtime has no kernel of the operators that would take its place', async () => {
    const expected = await run(net(DataType.DOUBLE, [], build));
    const after = await run(fuse(net(DataType.DOUBLE, [], build)));
    expect(after.values).toEqual(expected.values);
  });

  it('keeps the axes that its constants add', async () => {
    const expected = await run(net(DataType.FLOAT, [1, 1, 1], build));
    expect(expected.dims).toEqual([1, 2, 6]);
    const after = await run(fuse(net(DataType.FLOAT, [1, 1, 1], build)));
    expect(after.dims).toEqual([1, 2, 6]);
    after.values.forEach((value, i) => expect(value).toBeCloseTo(expected.values[i]!, 5));
  });
});

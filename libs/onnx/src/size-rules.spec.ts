import { Session } from '#inference';
import { GraphBuilder, makeValueInfo } from './builder.js';
import { Graph, type Attributes } from './graph.js';
import { DataType, type ModelProto } from './proto.js';
import { inferFrom } from './static-shapes.js';
import { int64Tensor } from './tensor.js';
import { writeModel } from './write.js';

type Inputs = (b: GraphBuilder, x: string) => string[];
const ints =
  (...lists: (number | readonly number[])[]): Inputs =>
  (b) =>
    lists.map((list) => b.ints(list));
const floats =
  (...lists: (number | number[])[]): Inputs =>
  (b) =>
    lists.map((list) => b.float(list));
/** The lengths of x in floats, each `by` something: those of constants alone are weights. */
const lengths =
  (opType: string, by: number): Inputs =>
  (b, x) => [b.op(opType, [b.op('Cast', [b.op('Shape', [x])], { to: DataType.FLOAT }), b.float(by)])];

/** What exporters compute sizes with; x is an input of 2 x 3 x 4. */
const SIZES: [opType: string, inputs: Inputs, attributes?: Attributes][] = [
  ['Shape', (_, x) => [x]],
  ['Shape', (_, x) => [x], { start: 1 }],
  ['Shape', (_, x) => [x], { start: -2, end: -1 }],
  ['Shape', (_, x) => [x], { end: 100 }],
  ['Size', (_, x) => [x]],
  ['Cast', floats([2.7, -2.7]), { to: DataType.INT64 }],
  ['Unsqueeze', ints([5, 6], [0, 2])],
  ['Squeeze', (b) => [b.op('Unsqueeze', ints([5, 6], [0, 2])(b, ''))]],
  ['Squeeze', (b) => [b.op('Unsqueeze', ints([5, 6], [0, 2])(b, '')), b.ints([-1])]],
  ['Reshape', ints([1, 2, 3, 4, 5, 6], [2, -1])],
  ['Concat', ints([1, 2], [3], [4]), { axis: 0 }],
  ['Gather', ints([5, 6, 7], [-1, 0])],
  ['Gather', ints([5, 6, 7], 1)],
  ['Slice', ints([1, 2, 3, 4, 5], [-1], [-100], [0], [-2])],
  ['Slice', (b) => [b.op('Reshape', ints([1, 2, 3, 4, 5, 6], [2, 3])(b, '')), ...ints([1], [3], [1])(b, '')]],
  ['Transpose', (b) => [b.op('Reshape', ints([1, 2, 3, 4, 5, 6], [2, 3])(b, ''))]],
  ['Add', ints([1, 2], [30, 40])],
  ['Sub', ints(7, [1, 2])],
  ['Mul', ints([3, 4], [5])],
  ['Div', ints([7, -7, 9], 2)],
  ['Div', (b, x) => [...lengths('Mul', 1)(b, x), b.float(0)]],
  ['Mod', (b, x) => [b.op('Shape', [x]), b.ints(3)]],
  ['Mod', ints([7, -7], [3])],
  ['Mod', ints([7, -7], [-3])],
  ['Min', ints([1, 5], [3])],
  ['Max', ints([1, 5], [3])],
  ['Equal', ints([1, 5], 5)],
  ['Greater', ints([1, 5, 3], 3)],
  ['Less', ints([1, 5, 3], 3)],
  ['GreaterOrEqual', ints([1, 5, 3], 3)],
  ['LessOrEqual', ints([1, 5, 3], 3)],
  ['Not', (b) => [b.op('Equal', ints([1, 5], 5)(b, ''))]],
  ['Neg', ints([3, -4])],
  ['Abs', ints([3, -4])],
  ['Floor', lengths('Div', -2)],
  ['Ceil', lengths('Div', -2)],
  ['Sqrt', lengths('Mul', 1)],
  ['Where', (b) => [b.op('Equal', ints([1, 5], 5)(b, '')), ...ints([10, 20], 7)(b, '')]],
  ['ConstantOfShape', ints([3]), { value: int64Tensor('', [1], [9]) }],
  ['Range', ints(1, 8, 3)],
  ['Range', ints(5, 0, -2)],
  ['Range', ints(5, 0, 1)],
  ['ReduceProd', ints([2, 3, 4])],
  ['ReduceSum', ints([2, 3, 4]), { keepdims: 0 }],
  ['ReduceMax', ints([2, 4, 3])],
  ['ReduceMin', ints([3, 2, 4])],
];

/** y of an operator on what `inputs` gives, and the model that computes it. */
function computing(opType: string, inputs: Inputs, attributes: Attributes = {}): { y: string; model: ModelProto } {
  const b = new GraphBuilder();
  const x = b.input('x', [2, 3, 4]);
  const y = b.op(opType, inputs(b, x), attributes);
  const model = b.build();
  model.graph!.output = [makeValueInfo(y, DataType.UNDEFINED)];
  return { y, model };
}
const inferred = (model: ModelProto) => inferFrom(new Graph(model), new Map([['x', [2, 3, 4]]])).sizes;

describe('a size that is computed from sizes is the one that the runtime computes:', () => {
  it.each(SIZES)('%s %#', async (opType, inputs, attributes = {}) => {
    const { y, model } = computing(opType, inputs, attributes);
    const session = await Session.create(writeModel(model), { optimization: 'disabled' });
    const feeds = { x: { type: 'float32' as const, dims: [2, 3, 4], data: new Float32Array(24) } };
    const found = (await session.run(feeds))[y]!;
    await session.release();
    const { dims, values } = inferred(model).get(y)!;
    expect([...found.dims]).toEqual(dims);
    expect(Array.from(found.data as Float32Array, Number)).toEqual(values.map((value) => value + 0));
  });
});

describe('a size is unknown', () => {
  it.each<[string, string, Inputs]>([
    ['that is divided by 0', 'Div', ints([4], [0])],
    ['that is the rest of a division by 0', 'Mod', ints([4], [0])],
    ['of lists that differ in length', 'Add', ints([1, 2], [1, 2, 3])],
    ['of two types', 'Concat', (b) => [b.ints([1]), b.float([1])]],
    ['that lies beyond its list', 'Gather', ints([5, 6], 2)],
    ['of steps of 0', 'Range', ints(1, 8, 0)],
    ['of more elements than sizes have', 'ConstantOfShape', ints([2 ** 40])],
    ['of two axes that one number fills', 'ConstantOfShape', ints([2, 2])],
    ['that is the largest of none', 'ReduceMax', ints([])],
  ])('%s', (_what, opType, inputs) => {
    const { y, model } = computing(opType, inputs, opType === 'Concat' ? { axis: 0 } : {});
    expect(inferred(model).has(y)).toBe(false);
  });
});

import { float32 } from '#inference';
import { Graph, GraphBuilder, int64Tensor, type Attributes } from '#onnx';
import { observeTrainingShapes } from '../observe.js';
import { batchAxes } from './batch-axes.js';

const BATCH = 3;

/** Where the batch of x [3, 4, 5], which lies first, comes to lie in what `write` makes of it; null for nowhere. */
async function axisBehind(write: (b: GraphBuilder, x: string) => string): Promise<number | null> {
  const b = new GraphBuilder();
  const value = write(b, b.input('x', [BATCH, 4, 5]));
  b.op('Identity', [value], {}, { outputs: [b.output('y', undefined)] });
  const graph = new Graph(b.build());
  const shapes = await observeTrainingShapes(graph, { x: float32([BATCH, 4, 5], new Float32Array(60)) });
  return batchAxes(graph, shapes).get('y') ?? null;
}

const one =
  (opType: string, attributes: Attributes = {}) =>
  (b: GraphBuilder, x: string) =>
    b.op(opType, [x], attributes);
const last = (b: GraphBuilder, x: string) => b.op('Transpose', [x], { perm: [1, 2, 0] });
const gather = (index: number | readonly number[], axis: number) => (b: GraphBuilder, x: string) =>
  b.op('Gather', [x, b.ints(index)], { axis });

describe('the axis of the batch', () => {
  it.each<[string, (b: GraphBuilder, x: string) => string, number | null]>([
    ['stays first', one('Relu'), 0],
    ['goes where axes are moved', last, 2],
    ['goes where axes are turned around', one('Transpose'), 2],
    ['is kept before what is flattened', one('Flatten'), 0],
    [
      'is counted from the end where a value broadcasts',
      (b, x) => b.op('Add', [b.float(new Float32Array(60), [1, 3, 4, 5]), x]),
      1,
    ],
    [
      'moves up when an axis ahead is reduced away',
      (b, x) => b.op('ReduceMean', [last(b, x), b.ints([0])], { keepdims: 0 }),
      1,
    ],
    ['is gone when it is reduced itself', (b, x) => b.op('ReduceMax', [x, b.ints([0])], { keepdims: 0 }), null],
    ['stays when a reduced axis is kept', (b, x) => b.op('ReduceMax', [last(b, x), b.ints([0])], { keepdims: 1 }), 2],
    ['stays ahead of an axis that is put in', (b, x) => b.op('Unsqueeze', [x, b.ints([1])]), 0],
    ['stays behind what is looked up along a later axis', gather([0, 1], 2), 0],
    ['moves where a lookup ahead takes its axis away', (b, x) => gather(0, 0)(b, last(b, x)), 1],
    [
      'moves where a lookup ahead makes two axes of one',
      (b, x) => b.op('Gather', [last(b, x), b.initializer(int64Tensor('pairs', [2, 1], [0, 1]))], { axis: 0 }),
      3,
    ],
    ['is gone where one sample is looked up', gather(0, 0), null],
    ['is none of a shape', one('Shape'), null],
  ])('%s', async (_what, write, expected) => {
    expect(await axisBehind(write)).toBe(expected);
  });

  it.each([
    [0, 0],
    [1, null],
  ])('is that of the rows of a Gemm whose first matrix is transposed: %s', async (transA, expected) => {
    const axis = await axisBehind((b, x) => {
      const rows = b.op('Reshape', [x, b.ints([BATCH, 20])]);
      const inner = transA === 1 ? BATCH : 20;
      return b.op('Gemm', [rows, b.float(new Float32Array(inner * 2), [inner, 2])], { transA });
    });
    expect(axis).toBe(expected);
  });
});

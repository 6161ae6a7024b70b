import { toBinary } from '@bufbuild/protobuf';
import { addGradients } from '../gradients.js';
import { Session, float32 } from '#inference';
import { Graph, GraphBuilder, ModelProtoSchema } from '#onnx';

/** Gradient by the input "x" [n] of what `write` makes of it, when every element's gradient is 1. */
async function gradientAt(values: number[], write: (b: GraphBuilder) => string): Promise<number[]> {
  const dims = [values.length];
  const forward = new GraphBuilder();
  forward.input('x', dims);
  const y = write(forward);
  forward.output(y, undefined);
  const model = forward.build();
  const graph = new Graph(model);
  const all = new GraphBuilder('s');
  all.input('x', dims);
  for (const tensor of model.graph!.initializer) all.initializer(tensor);
  for (const node of model.graph!.node) all.append(node);
  const made = model.graph!.node.flatMap((node) => node.output);
  for (const value of made) if (value !== y) all.output(value, undefined, 0);
  all.output(y, undefined, 0);
  const session = await Session.create(toBinary(ModelProtoSchema, all.build()));
  const observed = await session.run({ x: float32(dims, values) });
  const shapes = new Map<string, readonly number[]>([
    ['x', dims],
    ...Object.entries(observed).map(([name, tensor]) => [name, tensor.dims] as const),
  ]);
  for (const tensor of model.graph!.initializer) shapes.set(tensor.name, tensor.dims.map(Number));
  const builder = new GraphBuilder('g');
  builder.input('x', dims);
  for (const tensor of model.graph!.initializer) builder.initializer(tensor);
  for (const node of graph.nodes) builder.append(node);
  const size = shapes.get(y)!.reduce((a, b) => a * b, 1);
  const ones = builder.float(new Float32Array(size).fill(1), [...shapes.get(y)!]);
  const gradient = addGradients({ graph, builder, shapes, seeds: new Map([[y, ones]]), targets: ['x'] }).get('x')!;
  builder.output(gradient, dims);
  const backward = await Session.create(toBinary(ModelProtoSchema, builder.build()));
  return [...((await backward.run({ x: float32(dims, values) }))[gradient]!.data as Float32Array)];
}

/** Distance of every element from the first: of that one itself it is 0. */
function distances(b: GraphBuilder, root: (squares: string) => string): string {
  const first = b.op('Slice', ['x', b.ints([0]), b.ints([1])]);
  const square = b.op('Pow', [b.op('Sub', ['x', first]), b.float([2], [])]);
  return root(square);
}

describe('gradients where a slope is infinite', () => {
  it.each<[string, (b: GraphBuilder, squares: string) => string]>([
    ['Sqrt', (b, squares) => b.op('Sqrt', [squares])],
    ['Pow', (b, squares) => b.op('Pow', [squares, b.float([0.5], [])])],
    ['Pow by a vector', (b, squares) => b.op('Pow', [squares, b.float([0.5, 0.5, 0.5])])],
  ])('are 0 for points that coincide, as those of a distance are: %s', async (_, root) => {
    expect(await gradientAt([1, 1, 3], (b) => distances(b, (squares) => root(b, squares)))).toEqual([-1, 0, 1]);
  });

  it('are 0 for a norm at the origin', async () => {
    expect(await gradientAt([0, 0], (b) => b.op('ReduceL2', ['x'], { keepdims: 0 }))).toEqual([0, 0]);
    expect(await gradientAt([0, 0], (b) => b.op('ReduceL1', ['x'], { keepdims: 0 }))).toEqual([0, 0]);
  });

  it('of Pow at the base 0 are the ones of the power: 0, 1, 0', async () => {
    const gradient = await gradientAt([0, 0, 0, 2], (b) => b.op('Pow', ['x', b.float([0, 1, 2, 3])]));
    expect(gradient).toEqual([0, 1, 0, 12]);
  });

  it.each<[string, (b: GraphBuilder) => string]>([
    ['Div', (b) => b.op('Div', [b.float([1, 1]), 'x'])],
    ['Div above', (b) => b.op('Div', ['x', b.op('Mul', ['x', 'x'])])],
    ['Log', (b) => b.op('Log', ['x'])],
    ['Reciprocal', (b) => b.op('Reciprocal', ['x'])],
    ['Pow', (b) => b.op('Pow', ['x', b.float([-1], [])])],
    ['Sqrt of less than 0', (b) => b.op('Sqrt', [b.op('Sub', ['x', b.float([1], [])])])],
  ])('are 0 where a Where leaves the value out: %s', async (_, write) => {
    const gradient = await gradientAt([0, 2], (b) =>
      b.op('Where', [b.op('Greater', ['x', b.float([0], [])]), write(b), b.float([0], [])]),
    );
    expect(gradient[0]).toBe(0);
    expect(Number.isFinite(gradient[1])).toBe(true);
    expect(gradient[1]).not.toBe(0);
  });

  it('stay infinite where the value is read', async () => {
    expect(await gradientAt([0], (b) => b.op('Log', ['x']))).toEqual([Infinity]);
  });
});

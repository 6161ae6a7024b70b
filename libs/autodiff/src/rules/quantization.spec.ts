import { Session, float32 } from '#inference';
import { DataType, Graph, GraphBuilder, floatTensor, makeTensor, writeModel, type ModelProto } from '#onnx';
import { addGradients } from '../gradients.js';
import { appendForward, fakeQuantize } from '../training-ops.js';

const X = [-3, -0.26, 0.1, 0.74, 1.26, 9];

/** Gradients by the targets of `graph`, whose output y has the gradient 1 everywhere. */
async function gradients(model: ModelProto, targets: string[], dims: Record<string, number[]>): Promise<number[][]> {
  const graph = new Graph(model);
  const builder = new GraphBuilder('g');
  for (const input of graph.inputs) builder.input(input.name, [X.length]);
  for (const tensor of graph.proto.initializer) builder.initializer(tensor);
  for (const node of graph.nodes) appendForward(builder, node);
  const seeds = new Map([['y', builder.float(Array<number>(X.length).fill(1))]]);
  const found = addGradients({ graph, builder, shapes: new Map(Object.entries(dims)), seeds, targets });
  const names = targets.map((target) => found.get(target)!);
  for (const name of names) builder.output(name);
  const session = await Session.create(writeModel(builder.build()), { optimization: 'extended' });
  const result = await session.run({ x: float32([X.length], X) });
  return names.map((name) => [...(result[name]!.data as Float32Array)]);
}

describe('rounding to a grid', () => {
  it('passes gradients straight through QuantizeLinear and DequantizeLinear, where nothing was cut off', async () => {
    const b = new GraphBuilder();
    const grid = [b.float(0.5), b.initializer(makeTensor('zero', DataType.UINT8, [], Uint8Array.of(2)))];
    const q = b.op('QuantizeLinear', [b.input('x', [X.length]), ...grid], {}, { outputs: ['q'] });
    b.output(b.op('DequantizeLinear', [q, ...grid], {}, { outputs: ['y'] }), [X.length]);
    const dims = { x: [X.length], q: [X.length], y: [X.length] };
    expect(await gradients(b.build(), ['x'], dims)).toEqual([[0, 1, 1, 1, 1, 1]]);
  });

  it.each([
    ['of one number', []],
    ['for each element', [X.length]],
  ])('passes gradients straight through FakeQuantize with ends %s, and teaches its scale', async (_, dims) => {
    const b = new GraphBuilder();
    b.input('x', [X.length]);
    const constant = (name: string, value: number, shape: number[] = []) =>
      b.initializer(floatTensor(name, shape, new Array<number>(shape[0] ?? 1).fill(value)));
    const ends = { least: constant('low', -2, dims), most: constant('high', 3, dims), isOne: dims.length === 0 };
    b.append(fakeQuantize('x', constant('scale', 0.5), ends, 'y'));
    b.output('y', [X.length]);
    const shapes = { x: [X.length], scale: [], y: [X.length], 'y/rounded': [X.length], 'y/clipped': [X.length] };
    const [dX, dS] = await gradients(b.build(), ['x', 'scale'], shapes);
    expect(dX).toEqual([0, 1, 1, 1, 1, 0]);
    // As LSQ does. Cut off: the end of the grid; inside: rounded minus exact, in steps.
    const expected = X.reduce((sum, x) => {
      const step = Math.round(x / 0.5);
      return sum + (step < -2 ? -2 : step > 3 ? 3 : step - x / 0.5);
    }, 0);
    expect(dS![0]).toBeCloseTo(expected, 5);
  });
});

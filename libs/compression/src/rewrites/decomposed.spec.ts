import { readFile } from 'node:fs/promises';
import { float32, Session } from '#inference';
import { Graph, GraphBuilder, opsetVersion, readModel, writeModel, type ModelProto } from '#onnx';
import { PUBLISHED_MODELS, publishedModelFile, randomNumbers } from '#testing';
import { liftConstants } from './constants.js';
import { fuseDecomposed } from './decomposed.js';

const WIDTH = 6;
const random = randomNumbers(11);
const x = float32(
  [2, 3, WIDTH],
  Float32Array.from({ length: 2 * 3 * WIDTH }, () => 6 * random() - 3),
);

async function run(model: ModelProto, feeds: Parameters<Session['run']>[0] = { x }): Promise<number[]> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  const outputs = await session.run(feeds);
  await session.release();
  return Array.from(Object.values(outputs)[0]!.data as Float32Array);
}

const FUSED: ReadonlySet<string> = new Set(['Gelu', 'LayerNormalization']);

/** Builds `x [n, 3, 6] -> … -> y` at opset 17, fuses it and expects the same output from the operators named. */
async function expectFused(build: (b: GraphBuilder) => string, ops: string[]) {
  const b = new GraphBuilder();
  b.input('x', ['n', 3, WIDTH]);
  const value = build(b);
  b.op('Identity', [value], {}, { outputs: [b.output('y')] });
  const model = b.build(17, 8);
  const before = await run(model);
  const count = fuseDecomposed(model);
  const nodes = new Graph(model).nodes;
  expect(nodes.map((node) => node.opType)).toEqual([...ops, 'Identity']);
  const fused = nodes.filter(({ opType }) => FUSED.has(opType));
  expect(count).toBe(fused.length);
  // One that gives what y is a copy of bears its name: so people find it.
  if (nodes.length === 2)
    expect(fused.map(({ name }) => name)).toEqual(fused.map(({ opType }) => `${value}_${opType}`));
  const after = await run(model);
  after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 4));
}

describe('GELU', () => {
  const gate = (b: GraphBuilder) => b.op('Add', [b.op('Erf', [b.op('Div', ['x', b.float(Math.SQRT2)])]), b.float(1)]);
  const tanhGate = (b: GraphBuilder, cube: string) => {
    const inner = b.op('Add', ['x', b.op('Mul', [cube, b.float(0.044715)])]);
    return b.op('Add', [b.op('Tanh', [b.op('Mul', [inner, b.float(Math.sqrt(2 / Math.PI))])]), b.float(1)]);
  };

  it('by its exact formula, whatever the order of the three factors', async () => {
    await expectFused((b) => b.op('Mul', [b.op('Mul', ['x', gate(b)]), b.float(0.5)]), ['Gelu']);
    await expectFused((b) => b.op('Mul', [b.op('Mul', ['x', b.float(0.5)]), gate(b)]), ['Gelu']);
    await expectFused((b) => b.op('Mul', ['x', b.op('Mul', [b.float(0.5), gate(b)])]), ['Gelu']);
    await expectFused((b) => b.op('Div', [b.op('Mul', [gate(b), 'x']), b.float(2)]), ['Gelu']);
  });

  it('by its approximation, the cube as a power or as products', async () => {
    await expectFused(
      (b) => b.op('Mul', [b.op('Mul', ['x', b.float(0.5)]), tanhGate(b, b.op('Pow', ['x', b.float(3)]))]),
      ['Gelu'],
    );
    await expectFused(
      (b) => b.op('Mul', [b.op('Mul', ['x', tanhGate(b, b.op('Mul', [b.op('Mul', ['x', 'x']), 'x']))]), b.float(0.5)]),
      ['Gelu'],
    );
  });

  it('not where a constant is another, or the gate is read elsewhere too', async () => {
    await expectFused(
      (b) => b.op('Mul', [b.op('Mul', ['x', gate(b)]), b.float(0.4)]),
      ['Div', 'Erf', 'Add', 'Mul', 'Mul'],
    );
    await expectFused(
      (b) => {
        const shared = gate(b);
        return b.op('Add', [b.op('Mul', [b.op('Mul', ['x', shared]), b.float(0.5)]), shared]);
      },
      ['Div', 'Erf', 'Add', 'Mul', 'Mul', 'Add'],
    );
  });
});

describe('LayerNorm', () => {
  const vector = (b: GraphBuilder) => b.float(Float32Array.from({ length: WIDTH }, random));
  const centered = (b: GraphBuilder, axes = [-1]) => b.op('Sub', ['x', b.op('ReduceMean', ['x'], { axes })]);
  const spread = (b: GraphBuilder, squares: string, axes = [-1]) =>
    b.op('Sqrt', [b.op('Add', [b.op('ReduceMean', [squares], { axes }), b.float(1e-3)])]);
  const affine = (b: GraphBuilder, normed: string) => b.op('Add', [b.op('Mul', [normed, vector(b)]), vector(b)]);

  it('with a power or a product as the square', async () => {
    await expectFused(
      (b) => {
        const d = centered(b);
        return affine(b, b.op('Div', [d, spread(b, b.op('Pow', [d, b.float(2)]))]));
      },
      ['LayerNormalization'],
    );
    await expectFused(
      (b) => {
        const [d, again] = [centered(b), centered(b, [2])];
        return affine(b, b.op('Div', [again, spread(b, b.op('Mul', [d, d]), [2])]));
      },
      ['LayerNormalization'],
    );
  });

  it('not over another axis', async () => {
    await expectFused(
      (b) => {
        const d = centered(b, [1]);
        return affine(b, b.op('Div', [d, spread(b, b.op('Pow', [d, b.float(2)]), [1])]));
      },
      ['ReduceMean', 'Sub', 'Pow', 'ReduceMean', 'Add', 'Sqrt', 'Div', 'Mul', 'Add'],
    );
  });

  it('of a published model, which then declares the opset', async () => {
    const published = PUBLISHED_MODELS.find(({ name }) => name.includes('hey_mycroft'))!;
    const [float, feeds] = [await readFile(publishedModelFile(published)), await published.feeds(1)];
    const model = readModel(float);
    liftConstants(new Graph(model));
    expect(fuseDecomposed(model)).toBe(2);
    expect(opsetVersion(model)).toBe(17);
    expect(new Graph(model).nodes.map((node) => node.opType)).toEqual([
      'Flatten',
      'Gemm',
      'LayerNormalization',
      'Relu',
      'Gemm',
      'LayerNormalization',
      'Relu',
      'Gemm',
      'Sigmoid',
    ]);
    const [before, after] = [await run(readModel(float), feeds), await run(model, feeds)];
    after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 5));
  });
});

import { Session, float32 } from '#inference';
import {
  Graph,
  GraphBuilder,
  cloneModel,
  readWeight,
  tensorDims,
  tensorToFloats,
  weightSites,
  writeModel,
  type ModelProto,
} from '#onnx';
import { mlp, randomNumbers } from '#testing';
import { observeGraph } from '../../rewrites/observe-graph.js';
import { deriveModel, relativeScale } from './derive-model.js';
import { removeBlock, shapeKeepingBlocks } from '../../pruning/blocks/shape-keeping-blocks.js';

const random = randomNumbers(3);
const weights = (b: GraphBuilder, dims: number[], scale = 1) =>
  b.float(
    Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => (random() * 2 - 1) * scale),
    dims,
  );
const conv = (b: GraphBuilder, x: string, from: number, to: number, scale = 1) =>
  b.op('Conv', [x, weights(b, [to, from, 3, 3], scale)], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });

/** Blocks of two convolutions beside a shortcut; those listed end in zeros. */
function residualNet(blocks: number, silent: readonly number[] = []): ModelProto {
  const b = new GraphBuilder();
  let x = b.op('Relu', [conv(b, b.input('x', ['n', 3, 8, 8]), 3, 4)]);
  for (let i = 0; i < blocks; i++) {
    const branch = conv(b, b.op('Relu', [conv(b, x, 4, 4)]), 4, 4, silent.includes(i) ? 0 : 1);
    x = b.op('Relu', [b.op('Add', [x, branch])]);
  }
  b.output(
    b.op('Gemm', [b.op('Flatten', [b.op('GlobalAveragePool', [x])]), weights(b, [4, 5])], {}, { outputs: ['y'] }),
    ['n', 5],
  );
  return b.build();
}

async function outputOf(
  model: ModelProto,
  x = float32(
    [2, 3, 8, 8],
    Float32Array.from({ length: 384 }, (_, i) => Math.sin(i)),
  ),
): Promise<unknown> {
  const session = await Session.create(writeModel(model));
  const output = Object.values(await session.run({ x }))[0]!.data;
  await session.release();
  return output;
}

const blocksOf = async (model: ModelProto) => shapeKeepingBlocks(new Graph(model), (await observeGraph(model)).shapes);
const layersOf = (model: ModelProto) => weightSites(new Graph(model)).length;

describe('shapeKeepingBlocks', () => {
  it('finds residual blocks whole', async () => {
    const blocks = await blocksOf(residualNet(3));
    expect(blocks.map(({ nodes }) => nodes.map(({ opType }) => opType))).toEqual(
      Array(3).fill(['Conv', 'Relu', 'Conv', 'Add']),
    );
  });

  it('finds residual blocks whose shortcut has a layer whole, and of those that change the shape the layers inside that do not', async () => {
    const b = new GraphBuilder();
    const shortcut = (x: string, from: number, to: number, stride: number) =>
      b.op('Conv', [x, weights(b, [to, from, 1, 1])], { kernel_shape: [1, 1], strides: [stride, stride] });
    const first = b.op('Relu', [conv(b, b.input('x', ['n', 3, 8, 8]), 3, 4)]);
    const kept = b.op('Relu', [
      b.op('Add', [conv(b, b.op('Relu', [conv(b, first, 4, 4)]), 4, 4), shortcut(first, 4, 4, 1)]),
    ]);
    const strided = b.op('Conv', [kept, weights(b, [6, 4, 3, 3])], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      strides: [2, 2],
    });
    const halved = b.op('Add', [conv(b, b.op('Relu', [strided]), 6, 6), shortcut(kept, 4, 6, 2)]);
    b.output(b.op('GlobalAveragePool', [halved], {}, { outputs: ['y'] }), ['n', 6, 1, 1]);
    const blocks = await blocksOf(b.build());
    expect(blocks.map(({ nodes }) => nodes.map(({ opType }) => opType))).toEqual([
      ['Conv', 'Relu', 'Conv', 'Conv', 'Add'],
      ['Conv'],
    ]);
  });

  it('finds layers of a plain chain with what follows them, where the shape stays', async () => {
    const blocks = await blocksOf(mlp([8, 16, 16, 16, 4]));
    expect(blocks.map(({ nodes }) => nodes.map(({ opType }) => opType))).toEqual([
      ['Gemm', 'Relu'],
      ['Gemm', 'Relu'],
    ]);
  });

  it('leaves alone what is read from inside a block', async () => {
    const b = new GraphBuilder();
    const x = b.op('Relu', [conv(b, b.input('x', ['n', 3, 8, 8]), 3, 4)]);
    const inner = conv(b, x, 4, 6);
    const joined = b.op('Concat', [b.op('Add', [x, conv(b, inner, 6, 4)]), inner], { axis: 1 });
    b.output(b.op('GlobalAveragePool', [joined], {}, { outputs: ['y'] }), ['n', 10, 1, 1]);
    expect(await blocksOf(b.build())).toEqual([]);
  });

  it('of which one that adds nothing can go without a change of the output', async () => {
    const model = residualNet(3, [1]);
    const smaller = cloneModel(model);
    const graph = new Graph(smaller);
    removeBlock(graph, shapeKeepingBlocks(graph, (await observeGraph(model)).shapes)[1]!);
    graph.removeDeadCode();
    expect(await outputOf(smaller)).toEqual(await outputOf(model));
    expect(layersOf(smaller)).toBe(layersOf(model) - 2);
  });
});

describe('deriveModel', () => {
  const inputs = { data: null, seed: 1, threads: 1 };

  it.each([
    [0.5, [10, 8]],
    [0.9, [18, 15]],
    [0.34, [7, 6]],
  ])('keeps %f of each layer, whether or not it divides', async (width, expected) => {
    const { model: derived } = await deriveModel(mlp([8, 20, 16, 4]), { width, depth: 1 }, inputs);
    const graph = new Graph(derived);
    expect(['fc1.weight', 'fc2.weight', 'fc3.weight'].map((name) => tensorDims(graph.initializer(name)!)[0])).toEqual([
      ...expected,
      4,
    ]);
    await outputOf(derived, float32([2, 8], new Float32Array(16)));
  });

  it("begins with the teacher's weights, and takes those channels whose weights are largest", async () => {
    const teacher = mlp([8, 4, 4]);
    const graph = new Graph(teacher);
    const { values } = readWeight(graph, 'fc1.weight')!;
    const small = [0, 2];
    const scaled = new Graph(cloneModel(teacher));
    const tensor = scaled.initializer('fc1.weight')!;
    tensor.floatData = [];
    tensor.rawData = new Uint8Array(
      Float32Array.from(values, (value, i) => (small.includes(Math.floor(i / 8)) ? value / 100 : value)).buffer,
    );
    const { model: derived } = await deriveModel(scaled.model, { width: 0.5, depth: 1 }, inputs);
    const kept = [...tensorToFloats(new Graph(derived).initializer('fc1.weight')!)];
    expect(kept).toEqual([...Float32Array.from([1, 3].flatMap((row) => [...values.subarray(row * 8, row * 8 + 8)]))]);
  });

  it('says what it cut', async () => {
    const { blocks, channels, skipped } = await deriveModel(residualNet(4), { width: 0.5, depth: 0.5 }, inputs);
    expect(blocks).toEqual({ found: 4, kept: 2 });
    expect(channels!.map(({ found, kept }) => [found, kept])).toEqual([
      [4, 2],
      [4, 2],
      [4, 2],
    ]);
    expect(skipped.map(({ opType }) => opType)).toContain('Gemm');
  });

  it.each([
    [1, 9],
    [0.5, 5],
    [0.25, 3],
    [0, 1],
  ])('with depth %f keeps that share of the blocks, and the net runs', async (depth, convolutions) => {
    const { model: derived } = await deriveModel(residualNet(4), { width: 1, depth }, inputs);
    expect(layersOf(derived)).toBe(convolutions + 1);
    await outputOf(derived);
  });

  it('of an assistant comes to the size that was asked for of the teacher', async () => {
    const { model: assistant } = await deriveModel(mlp([8, 20, 16, 4]), { width: 0.75, depth: 1 }, inputs);
    const { model: student } = await deriveModel(
      assistant,
      relativeScale({ width: 0.75, depth: 1 }, { width: 0.5, depth: 1 }),
      inputs,
    );
    expect(tensorDims(new Graph(student).initializer('fc1.weight')!)[0]).toBe(10);
  });
});

it('a layer whose weight is stored behind a Transpose is cut like any other', async () => {
  const b = new GraphBuilder();
  const turned = b.op('Transpose', [weights(b, [16, 8])], { perm: [1, 0] });
  const hidden = b.op('Relu', [b.op('MatMul', [b.input('x', ['n', 8]), turned])]);
  b.output(b.op('MatMul', [hidden, weights(b, [16, 5])], {}, { outputs: ['y'] }), ['n', 5]);
  const { model, skipped, channels } = await deriveModel(
    b.build(),
    { width: 0.5, depth: 1 },
    { data: null, seed: 0, threads: 1 },
  );
  expect(channels).toEqual([expect.objectContaining({ found: 16, kept: 8 })]);
  expect(model.graph!.initializer.map((tensor) => tensorDims(tensor).join()).toSorted()).toEqual(['8,5', '8,8']);
  expect(skipped.map(({ reason }) => reason)).toEqual(['graph output "y" keeps its shape']);
});

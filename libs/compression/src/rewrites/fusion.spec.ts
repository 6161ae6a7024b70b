import { float32, Session } from '#inference';
import {
  DataType,
  floatTensor,
  floatToHalf,
  Graph,
  GraphBuilder,
  makeTensor,
  setAttribute,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { foldBatchNorm } from './fold-batch-norm.js';
import { fuseHardSwish } from './fuse-hard-swish.js';
import { poolBeforeRelu } from './pool-before-relu.js';
import { splitBias } from './split-bias.js';

const random = randomNumbers(5);
const values = (count: number, low = -1, high = 1) =>
  Float32Array.from({ length: count }, () => low + (high - low) * random());
const x = float32([2, 3, 6, 6], values(216, -4, 4));

async function run(model: ModelProto): Promise<number[]> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  const { y } = await session.run({ x });
  await session.release();
  return Array.from(y!.data as Float32Array);
}

/** Builds `x [n, 3, 6, 6] -> … -> y`, rewrites it and expects the same output from other operators. */
async function expectSame(build: (b: GraphBuilder) => void, rewrite: (graph: Graph) => unknown, ops: string[]) {
  const b = new GraphBuilder();
  b.input('x', ['n', 3, 6, 6]);
  build(b);
  b.output('y');
  const graph = new Graph(b.build());
  const before = await run(graph.model);
  rewrite(graph);
  graph.removeDeadCode();
  expect(graph.nodes.map((node) => node.opType)).toEqual(ops);
  const after = await run(graph.model);
  after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 4));
}

const conv = (b: GraphBuilder, withBias: boolean) =>
  b.op('Conv', ['x', b.float(values(108), [4, 3, 3, 3]), ...(withBias ? [b.float(values(4))] : [])]);
const norm = (b: GraphBuilder, input: string) =>
  b.op(
    'BatchNormalization',
    [input, b.float(values(4)), b.float(values(4)), b.float(values(4)), b.float(values(4, 0.5, 2))],
    {},
    { outputs: ['y'] },
  );

describe('foldBatchNorm', () => {
  it.each([true, false])('folds into a convolution, with bias: %p', async (withBias) => {
    await expectSame((b) => norm(b, conv(b, withBias)), foldBatchNorm, ['Conv']);
  });

  const half = (b: GraphBuilder, dims: number[], data: Float32Array) =>
    b.initializer(makeTensor(b.fresh('half'), DataType.FLOAT16, dims, Uint16Array.from(data, floatToHalf)));
  const widened = (b: GraphBuilder, dims: number[], data: Float32Array) =>
    b.op('Cast', [half(b, dims, data)], { to: DataType.FLOAT });

  it('folds into weights that are stored in half precision, which stay so', async () => {
    const b = new GraphBuilder();
    b.input('x', ['n', 3, 6, 6]);
    const weights = [widened(b, [4, 3, 3, 3], values(108)), widened(b, [4], values(4))];
    const [gain, shift, mean] = [values(4), values(4), values(4)].map((data) => widened(b, [4], data));
    const inputs = [b.op('Conv', ['x', ...weights]), gain!, shift!, mean!, widened(b, [4], values(4, 0.5, 2))];
    b.op('BatchNormalization', inputs, {}, { outputs: ['y'] });
    b.output('y');
    const graph = new Graph(b.build());
    const before = await run(graph.model);
    expect(foldBatchNorm(graph)).toBe(1);
    graph.removeDeadCode();
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Cast', 'Conv']);
    expect(graph.initializer(graph.nodes[0]!.input[0]!)!.dataType).toBe(DataType.FLOAT16);
    const after = await run(graph.model);
    // 27 products of up to 4 with weights that half precision rounds by 1/2048.
    after.forEach((value, i) => expect(Math.abs(value - before[i]!)).toBeLessThan(0.05));
  });

  it('leaves one of half precision whose weights would leave it', () => {
    const b = new GraphBuilder();
    b.input('x', ['n', 3, 6, 6]);
    const inputs = [b.op('Conv', ['x', widened(b, [4, 3, 3, 3], values(108))])];
    norm(b, inputs[0]!);
    const graph = new Graph(b.build());
    const [gain] = graph.producer('y')!.input.slice(1);
    graph.replaceInitializer(floatTensor(gain!, [4], [1e6, 1, 1, 1]));
    expect(foldBatchNorm(graph)).toBe(0);
  });

  it('leaves a normalisation by statistics of the batch', () => {
    const b = new GraphBuilder();
    b.input('x', ['n', 3, 6, 6]);
    norm(b, conv(b, true));
    const graph = new Graph(b.build());
    setAttribute(graph.producer('y')!, 'training_mode', 1);
    expect(foldBatchNorm(graph)).toBe(0);
  });

  it('leaves a convolution whose output is read elsewhere too', async () => {
    await expectSame(
      (b) => {
        const between = conv(b, true);
        const normed = b.op('BatchNormalization', [
          between,
          b.float(values(4)),
          b.float(values(4)),
          b.float(values(4)),
          b.float(values(4, 0.5, 2)),
        ]);
        b.op('Add', [between, normed], {}, { outputs: ['y'] });
      },
      foldBatchNorm,
      ['Conv', 'BatchNormalization', 'Add'],
    );
  });
});

describe('fuseHardSwish', () => {
  const clip = (b: GraphBuilder) => b.op('Clip', [b.op('Add', ['x', b.float(3)]), b.float(0), b.float(6)]);

  it('takes Mul before Div', async () => {
    await expectSame(
      (b) => b.op('Div', [b.op('Mul', ['x', clip(b)]), b.float(6)], {}, { outputs: ['y'] }),
      fuseHardSwish,
      ['HardSigmoid', 'Mul'],
    );
  });

  it('takes a product by a sixth before the product by X', async () => {
    await expectSame(
      (b) => b.op('Mul', [b.op('Mul', [b.float(1 / 6), clip(b)]), 'x'], {}, { outputs: ['y'] }),
      fuseHardSwish,
      ['HardSigmoid', 'Mul'],
    );
  });

  it('leaves other constants alone', async () => {
    await expectSame(
      (b) => b.op('Div', [b.op('Mul', ['x', clip(b)]), b.float(5)], {}, { outputs: ['y'] }),
      fuseHardSwish,
      ['Add', 'Clip', 'Mul', 'Div'],
    );
  });
});

describe('orders that suit int8 kernels', () => {
  it('pool before Relu', async () => {
    await expectSame(
      (b) => b.op('MaxPool', [b.op('Relu', [conv(b, true)])], { kernel_shape: [2, 2] }, { outputs: ['y'] }),
      (graph) => poolBeforeRelu(graph, graph.nodes[0]!),
      ['Conv', 'MaxPool', 'Relu'],
    );
  });

  it('bias behind its product', async () => {
    await expectSame(
      (b) =>
        b.op(
          'Gemm',
          [b.op('Flatten', ['x']), b.float(values(540), [108, 5]), b.float(values(5))],
          {},
          { outputs: ['y'] },
        ),
      (graph) => splitBias(graph, graph.nodes[1]!),
      ['Flatten', 'Gemm', 'Add'],
    );
  });
});

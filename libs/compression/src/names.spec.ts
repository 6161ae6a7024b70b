import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { DistillOptions, QuantizeOptions, TrainOptions } from '#contracts';
import { float32, Session } from '#inference';
import {
  BUILDER_OPSET,
  Graph,
  GraphBuilder,
  ModelProtoSchema,
  Names,
  readModel,
  tensorToFloats,
  writeModel,
  liftOpset,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from './passes/distill/distill.js';
import { Points } from './distillation/points.fixture.js';
import { quantizePass } from './passes/quantize/quantize.js';
import { trainPass } from './passes/train/train.js';

const uniform = (count: number, seed: number) =>
  Float32Array.from(
    { length: count },
    (
      (random) => () =>
        random() - 0.5
    )(randomNumbers(seed)),
  );
const x = float32([2, 4, 4, 4], uniform(128, 1));
const other = float32([2, 4], uniform(8, 2));

/** x -> Conv -> Clip -> Pad -> Softmax over rows -> ReduceSum -> MatMul -> + other -> y, as opset 11 spells them. */
function old(): ModelProto {
  const b = new GraphBuilder();
  b.input('x', ['n', 4, 4, 4]);
  b.input('other', ['n', 4]);
  const conv = b.op('Clip', [b.op('Conv', ['x', b.float(uniform(64, 3), [4, 4, 2, 2]), b.float(uniform(4, 4))])]);
  const rows = b.op('Softmax', [b.op('Pad', [conv, b.ints([0, 0, 1, 1, 0, 0, 0, 0])])], { axis: 2 });
  const [first] = b.ops('Split', 2, [rows], { axis: 2, split: [2, 2] });
  const sums = b.op('ReduceSum', [first!], { axes: [2, 3], keepdims: 0 });
  b.op('Add', [b.op('MatMul', [sums, b.float(uniform(16, 5), [4, 4])]), 'other'], {}, { outputs: ['y'] });
  b.output('y', ['n', 4]);
  return b.build(11, 6);
}

/** The model with another name for one of its values. */
function renamed(model: ModelProto, from: string, to: string): ModelProto {
  const copy = fromBinary(ModelProtoSchema, toBinary(ModelProtoSchema, model));
  const graph = copy.graph!;
  for (const item of [...graph.input, ...graph.output, ...graph.initializer]) if (item.name === from) item.name = to;
  for (const node of graph.node) {
    node.input = node.input.map((value) => (value === from ? to : value));
    node.output = node.output.map((value) => (value === from ? to : value));
  }
  return copy;
}

async function answer(model: ModelProto, input: string): Promise<number[]> {
  const session = await Session.create(writeModel(model), { optimization: 'disabled' });
  const { y } = await session.run({ x, [input]: other });
  await session.release();
  return Array.from(y!.data as Float32Array);
}

/** Names that the second model has and the first has not. */
function invented(before: ModelProto, after: ModelProto): string[] {
  const known = Names.of(before);
  const graph = after.graph!;
  const all = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
  for (const node of graph.node) for (const name of [node.name, ...node.output]) all.add(name);
  return [...all].filter((name) => name !== '' && !known.has(name));
}

const points = Points.create({ splits: { calibration: { file: 'data.npz' }, train: { file: 'data.npz' } } });
afterAll(async () => (await points).remove());

type Rewrite = (model: ModelProto) => Promise<ModelProto>;
const REWRITES: [string, Rewrite][] = [
  [
    'the opset lift',
    async (model) => {
      liftOpset(model, BUILDER_OPSET);
      return model;
    },
  ],
  ...(['weightOnly', 'dynamic', 'float16'] as const).map((scheme): [string, Rewrite] => [
    `quantize ${scheme}`,
    async (model) =>
      (
        await quantizePass.run(
          { ...(await points).context(writeModel(model)), data: null },
          QuantizeOptions.parse({ scheme }),
        )
      ).model!,
  ]),
];

describe.each(REWRITES)('%s', (_name, rewrite) => {
  it('invents no name that an input, a value or a node has', async () => {
    const plain = await rewrite(old());
    const expected = await answer(plain, 'other');
    const names = invented(old(), plain);
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const asInput = await rewrite(renamed(old(), 'other', name));
      expect(asInput.graph!.input.map((input) => input.name)).toEqual(['x', name]);
      expect(await answer(asInput, name)).toEqual(expected);
      expect(await answer(await rewrite(renamed(old(), old().graph!.node[0]!.output[0]!, name)), 'other')).toEqual(
        expected,
      );
    }
  });
});

/** x -> Gemm -> LayerNormalization -> Gelu -> Gemm -> y; `names` are those of the values between. */
function net(names: readonly [string, string, string, string, string], weight = 'w'): ModelProto {
  const [hidden, normed, gelu, more, last] = names;
  const b = new GraphBuilder();
  b.op(
    'Gemm',
    [b.input('x', ['n', 8]), b.float(uniform(64, 3), [8, 8]), b.float(uniform(8, 4))],
    {},
    { outputs: [hidden] },
  );
  b.op(
    'LayerNormalization',
    [hidden, b.float(uniform(8, 5)), b.float(uniform(8, 6))],
    { axis: -1 },
    { outputs: [normed] },
  );
  b.op('Gelu', [normed], {}, { outputs: [gelu] });
  b.op('Add', [gelu, hidden], {}, { outputs: [more] });
  b.op('Relu', [more], {}, { outputs: [last] });
  const scores = b.initializer({
    ...b.initializers[0]!,
    name: weight,
    dims: [8n, 4n],
    rawData: b.initializers[0]!.rawData.slice(0, 128),
  });
  b.output(b.op('MatMul', [last, scores], {}, { outputs: ['y'] }), ['n', 4]);
  return b.build(20, 9);
}

const PLAIN = ['a', 'b', 'c', 'd', 'e'] as const;
const TAKEN: [string, readonly [string, string, string, string, string], string][] = [
  ['names of parts of other values', ['y/shape', 'b', 'c/cdf', 'c/scaled', 'b/mean'], 'b/inverse'],
  ['names of the step', ['step:weights', 'step:learningRate', 'loss:loss', 'step:weights.next', 'step:count'], 't:0'],
  [
    'names of what the loss reads',
    ['train:classes', 'distill:labels', 'distill:teacher:y', 'distill:power:y', 't:1_k'],
    'prune:labels',
  ],
  ['names of a second model', ['student:weights', 'exact/x', 'generator:noise', 'shape:0', 'signal0'], 'noise0'],
];

describe.each(TAKEN)('a model that has %s', (_name, values, weight) => {
  const weights = (model: ModelProto): Float32Array[] => new Graph(model).proto.initializer.map(tensorToFloats);

  it('is trained as any other', async () => {
    const run = async (model: ModelProto) =>
      weights(
        (await trainPass.run((await points).context(writeModel(model)), TrainOptions.parse({ epochs: 1 }))).model!,
      );
    expect(await run(net(values, weight))).toEqual(await run(net(PLAIN)));
  });

  it('is distilled as any other', async () => {
    const run = async (model: ModelProto) =>
      weights(
        (await distillPass.run((await points).context(writeModel(model)), DistillOptions.parse({ epochs: 1 }))).model!,
      );
    expect(await run(net(values, weight))).toEqual(await run(net(PLAIN)));
  });

  it('is quantized on data as any other', async () => {
    const run = async (model: ModelProto) => {
      const options = QuantizeOptions.parse({
        rounding: 'gptq',
        biasCorrection: true,
        calibration: 'entropy',
        equalize: true,
      });
      const { model: quantized, summary } = await quantizePass.run((await points).context(writeModel(model)), options);
      readModel(writeModel(quantized!));
      return { ops: quantized!.graph!.node.map(({ opType }) => opType), snr: summary['outputSnrDb'] };
    };
    expect(await run(net(values, weight))).toEqual(await run(net(PLAIN)));
  });
});

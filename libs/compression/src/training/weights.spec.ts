import { DistillOptions, TrainOptions } from '#contracts';
import {
  Graph,
  GraphBuilder,
  cloneModel,
  floatTensor,
  makeNode,
  makeTensor,
  DataType,
  tensorToFloats,
  writeModel,
  type ModelProto,
} from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from '../passes/distill/distill.js';
import type { PassResult } from '../pass.js';
import { liftConstants } from '../rewrites/constants.js';
import { ArrayData } from './batches/arrays.fixture.js';
import { trainPass } from '../passes/train/train.js';

const [SAMPLES, TIME, WIDTH] = [16, 8, 6];
const random = randomNumbers(7);
const numbers = (dims: readonly number[], entry: (i: number) => number = () => random() - 0.5) =>
  Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => entry(i));
const row = (i: number) => Math.floor(i / WIDTH) % TIME;
const angle = (i: number) => row(i) / 10 ** ((i % WIDTH) / 2);

/** What a tensor of a net is for: how it is built, and whether training may touch it. */
type Part = [
  name: string,
  isWeight: boolean,
  dims: number[],
  entry: ((i: number) => number) | undefined,
  use: (b: GraphBuilder, x: string, part: string) => string,
];

const beside = (opType: string) => (b: GraphBuilder, x: string, part: string) => b.op(opType, [x, part]);
const scores = (b: GraphBuilder, x: string, part: string) => {
  const products = b.op('MatMul', [x, b.op('Transpose', [x], { perm: [0, 2, 1] })]);
  return b.op('MatMul', [b.op('Softmax', [b.op('Add', [products, part])]), x]);
};

/** Parts behind the first layer, each on [n, TIME, WIDTH]. */
const HIDDEN: Part[] = [
  [
    'a causal mask of minus infinity',
    false,
    [TIME, TIME],
    (i) => (i % TIME > Math.floor(i / TIME) ? -Infinity : 0),
    scores,
  ],
  [
    'a causal mask of a great number',
    false,
    [1, TIME, TIME],
    (i) => (i % TIME > Math.floor(i / TIME) ? -1e9 : 0),
    scores,
  ],
  ['a window mask of minus one hundred', false, [TIME, TIME], (i) => (i % 3 === 0 ? -100 : 0), scores],
  ['slopes of distance', false, [TIME, TIME], (i) => -0.25 * Math.abs((i % TIME) - Math.floor(i / TIME)), scores],
  ['a table of sines', false, [1, TIME, WIDTH], (i) => Math.sin(angle(i)), beside('Add')],
  ['the cosines of a rotation', false, [TIME, WIDTH], (i) => Math.cos(angle(i)), beside('Mul')],
  ['a mask of zeros and ones', false, [TIME, WIDTH], (i) => Number(row(i) > 2), beside('Mul')],
  ['a factor for all channels', false, [WIDTH], () => 0.125, beside('Mul')],
  ['a half', false, [], () => 0.5, beside('Mul')],
  ['an epsilon', false, [1], () => 1e-5, beside('Add')],
  ['a relative position bias', true, [TIME, TIME], undefined, scores],
  ['a position table', true, [1, TIME, WIDTH], undefined, beside('Add')],
  ['a position table of zeros', true, [1, TIME, WIDTH], () => 0, beside('Add')],
  ['a bias of rank two', true, [1, WIDTH], () => 0, beside('Add')],
  ['a bias of rank three, subtracted', true, [1, 1, WIDTH], () => 0, beside('Sub')],
  ['the gains of a norm in parts', true, [WIDTH], () => 1, beside('Mul')],
  ['gains that differ', true, [1, 1, WIDTH], undefined, beside('Mul')],
  ['one slope', true, [1], () => 0.25, beside('PRelu')],
  ['a slope without an axis', true, [], () => 0.25, beside('PRelu')],
  [
    'a class token',
    true,
    [1, 1, WIDTH],
    undefined,
    (b, x, part) => {
      const batch = b.op('Slice', [b.op('Shape', [x]), b.ints([0]), b.ints([1])]);
      const shape = b.op('Concat', [batch, b.ints([1, WIDTH])], { axis: 0 });
      return b.op('Slice', [
        b.op('Concat', [b.op('Expand', [part, shape]), x], { axis: 1 }),
        b.ints([0]),
        b.ints([TIME]),
        b.ints([1]),
      ]);
    },
  ],
  [
    'a position table that is cut',
    true,
    [1, 2 * TIME, WIDTH],
    undefined,
    (b, x, part) => b.op('Add', [x, b.op('Slice', [part, b.ints([0]), b.ints([TIME]), b.ints([1])])]),
  ],
  [
    'a kernel that stands transposed',
    true,
    [WIDTH, WIDTH],
    undefined,
    (b, x, part) => b.op('MatMul', [x, b.op('Transpose', [part], { perm: [1, 0] })]),
  ],
];

const HEAD = ['w', 'u', 'v'];

function net(part: Part | null, inFront?: (b: GraphBuilder, x: string) => string, outputs = 4): ModelProto {
  const b = new GraphBuilder();
  const weight = (name: string, ...dims: number[]) => b.initializer(floatTensor(name, dims, numbers(dims)));
  const x = b.input('x', ['n', TIME, WIDTH]);
  const first = b.op('Tanh', [b.op('MatMul', [inFront ? inFront(b, x) : x, weight('w', WIDTH, WIDTH)])]);
  const hidden = part
    ? part[4](b, first, b.initializer(floatTensor('part', part[2], numbers(part[2], part[3]))))
    : first;
  b.output(
    b.op(
      'Gemm',
      [b.op('Flatten', [hidden]), weight('u', TIME * WIDTH, outputs), weight('v', outputs)],
      {},
      { outputs: ['y'] },
    ),
    ['n', outputs],
  );
  return b.build();
}

const RUNS: [string, (data: ArrayData, model: ModelProto, options?: object) => Promise<PassResult>][] = [
  [
    'train from fresh weights',
    (data, model, options) =>
      trainPass.run(data.context(writeModel(model)), TrainOptions.parse({ epochs: 1, batchSize: 8, ...options })),
  ],
  [
    'train on',
    (data, model, options) =>
      trainPass.run(
        data.context(writeModel(model)),
        TrainOptions.parse({ epochs: 1, batchSize: 8, initialWeights: 'keep', ...options }),
      ),
  ],
  [
    'distill',
    (data, model, options) =>
      distillPass.run(
        data.context(writeModel(model), { baseline: writeModel(net(null)) }),
        DistillOptions.parse({ epochs: 1, batchSize: 8, ...options }),
      ),
  ],
];

const valuesOf = (model: ModelProto, name: string) => {
  const graph = new Graph(cloneModel(model));
  liftConstants(graph);
  return tensorToFloats(graph.initializer(name)!);
};

/** Names of the tensors that a run changed. */
function changed(before: ModelProto, after: ModelProto): string[] {
  const graph = new Graph(cloneModel(before));
  liftConstants(graph);
  return graph.proto.initializer.flatMap((tensor) =>
    tensor.dataType === DataType.FLOAT &&
    valuesOf(after, tensor.name).some((value, i) => !Object.is(value, tensorToFloats(tensor)[i]))
      ? [tensor.name]
      : [],
  );
}

interface Weights {
  trained: string[];
  left: { name: string; reason: string }[];
}

let data: ArrayData;
beforeAll(async () => {
  const labels = {
    dtype: 'i8',
    dims: [SAMPLES],
    data: BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(i % 4)),
  } as const;
  data = await ArrayData.create({
    x: { dtype: 'f4', dims: [SAMPLES, TIME, WIDTH], data: numbers([SAMPLES, TIME, WIDTH]) },
    y: labels,
  });
});
afterAll(() => data.remove());

describe.each(RUNS)('%s', (_, run) => {
  it.each(HIDDEN)('%s is a weight: %s', async (_name, isWeight, ...part) => {
    const model = net([_name, isWeight, ...part]);
    const { model: result, summary } = await run(data, model);
    const { trained, left } = summary['weights'] as Weights;
    expect(changed(model, result!)).toEqual(isWeight ? expect.arrayContaining(['part', ...HEAD]) : HEAD);
    expect(trained.includes('part')).toBe(isWeight);
    expect(left.some(({ name, reason }) => name === 'part' && reason.length > 0)).toBe(!isWeight);
  });

  it('leaves what makes the input ready', async () => {
    const model = net(null, (b, x) =>
      b.op('Div', [
        b.op('Sub', [x, b.initializer(floatTensor('mean', [WIDTH], numbers([WIDTH])))]),
        b.initializer(
          floatTensor(
            'deviation',
            [1, 1, WIDTH],
            numbers([WIDTH], () => 0.2 + random()),
          ),
        ),
      ]),
    );
    const { model: result, skipped } = await run(data, model);
    expect(changed(model, result!)).toEqual(HEAD);
    expect(skipped.map(({ node }) => node)).toEqual(['mean', 'deviation']);
  });

  it('leaves what a Constant node holds, and an initializer of the same numbers not', async () => {
    const table = floatTensor('t', [TIME, WIDTH], numbers([TIME, WIDTH]));
    const constant = (b: GraphBuilder) => {
      b.append(makeNode('Constant', [], ['c'], { value: table }));
      return 'c';
    };
    const model = net([
      '',
      true,
      [TIME, WIDTH],
      undefined,
      (b, x, part) => b.op('Add', [b.op('Add', [x, part]), constant(b)]),
    ]);
    const { model: result, skipped } = await run(data, model);
    expect(changed(model, result!)).toEqual(expect.arrayContaining(['part', ...HEAD]));
    expect(changed(model, result!)).not.toContain('c');
    expect(skipped).toEqual([{ node: 'c', opType: 'Add', reason: expect.stringContaining('Constant node') }]);
    // The file that comes out says the same.
    expect(changed(result!, (await run(data, result!)).model!)).not.toContain('c');
  });

  it('freezes tensors and nodes by name and pattern', async () => {
    const model = net(null);
    const gemm = new Graph(model).nodes.find(({ opType }) => opType === 'Gemm')!;
    gemm.name = 'head/Gemm';
    expect(changed(model, (await run(data, model, { freeze: ['w'] })).model!)).toEqual(['u', 'v']);
    const { model: result, summary } = await run(data, model, { freeze: ['head/*'] });
    expect(changed(model, result!)).toEqual(['w']);
    expect((summary['weights'] as Weights).left).toEqual([
      { name: 'u', reason: 'it is named by freeze' },
      { name: 'v', reason: 'it is named by freeze' },
    ]);
  });

  it('trains what looks like a constant where thaw names it', async () => {
    const model = net(HIDDEN.find(([name]) => name === 'a factor for all channels')!);
    expect(changed(model, (await run(data, model, { thaw: ['part'] })).model!)).toContain('part');
  });
});

it('draws kernels as kernels however they stand, positions and tokens small, and leaves biases of any rank at zero', async () => {
  const { model: positions } = await RUNS[0]![1](
    data,
    net(HIDDEN.find(([name]) => name === 'a position table of zeros')!),
    { learningRate: 1e-9 },
  );
  const deviation = Math.sqrt(
    valuesOf(positions!, 'part').reduce((sum, value) => sum + value * value, 0) / (TIME * WIDTH),
  );
  expect(deviation).toBeGreaterThan(0.01);
  expect(deviation).toBeLessThan(0.04);
});

it('trains the only output of a regression with its bias', async () => {
  const targets = await ArrayData.create(
    {
      x: { dtype: 'f4', dims: [SAMPLES, TIME, WIDTH], data: numbers([SAMPLES, TIME, WIDTH]) },
      y: { dtype: 'f4', dims: [SAMPLES, 1], data: numbers([SAMPLES]) },
    },
    { array: 'y' },
  );
  const apart = new GraphBuilder();
  const weight = (name: string, ...dims: number[]) => apart.initializer(floatTensor(name, dims, numbers(dims)));
  const product = apart.op('MatMul', [
    apart.op('Flatten', [apart.input('x', ['n', TIME, WIDTH])]),
    weight('w', TIME * WIDTH, 1),
  ]);
  apart.output(apart.op('Add', [product, weight('b', 1)], {}, { outputs: ['y'] }), ['n', 1]);
  for (const [model, bias] of [
    [net(null, undefined, 1), 'v'],
    [apart.build(), 'b'],
  ] as const) {
    const { model: result } = await trainPass.run(
      targets.context(writeModel(model)),
      TrainOptions.parse({ epochs: 1, batchSize: 8, loss: 'mse', initialWeights: 'keep' }),
    );
    expect(changed(model, result!)).toContain(bias);
  }
  await targets.remove();
});

it('a name that freeze or thaw speaks of and the model does not have is an obstacle, with the nearest', () => {
  const model = net(null);
  expect(trainPass.obstacles?.(model, TrainOptions.parse({ freeze: ['ww'], thaw: ['none*'] }), new Map())).toEqual([
    { field: 'freeze', message: expect.stringContaining('did you mean "w"') },
    { field: 'thaw', message: expect.stringContaining('none*') },
  ]);
});

it('says of weights that no operator of the table reads that they stay', () => {
  const b = new GraphBuilder();
  const weight = (name: string, ...dims: number[]) => b.initializer(floatTensor(name, dims, numbers(dims)));
  const hidden = b.op('MatMul', [b.input('x', ['n', TIME, WIDTH]), weight('w', WIDTH, WIDTH)]);
  const scaled = b.op('Mul', [hidden, b.op('Exp', [weight('logit_scale')])]);
  const half = b.op(
    'Cast',
    [
      b.op('MatMul', [
        b.op('Cast', ['x'], { to: DataType.FLOAT16 }),
        b.initializer(makeTensor('h', DataType.FLOAT16, [WIDTH, WIDTH], new Uint16Array(WIDTH * WIDTH))),
      ]),
    ],
    { to: DataType.FLOAT },
  );
  const mixed = b.op('Einsum', [b.input('z', ['n', WIDTH]), weight('e', WIDTH, WIDTH)], { equation: 'ni,ij->nj' });
  const [recurrent] = b.ops(
    'LSTM',
    1,
    [
      b.op('Transpose', ['x'], { perm: [1, 0, 2] }),
      weight('lw', 1, 16, WIDTH),
      weight('lr', 1, 16, 4),
      weight('lb', 1, 32),
    ],
    { hidden_size: 4 },
  );
  for (const [name, value] of [
    ['y', b.op('Add', [scaled, half])],
    ['q', mixed],
    ['r', recurrent!],
  ] as const)
    b.output(b.op('Neg', [value], {}, { outputs: [name] }));
  const skipped = trainPass.preflight(b.build(), TrainOptions.parse({}));
  expect(skipped).toEqual([
    { node: 'logit_scale', opType: 'Exp', reason: expect.stringContaining('Exp') },
    { node: 'h', opType: 'MatMul', reason: expect.stringContaining('float16') },
  ]);
});

it('gives normalizations whose parameters and statistics an exporter has merged what each of them has', async () => {
  const b = new GraphBuilder();
  const filled = (name: string, value: number) =>
    b.initializer(floatTensor(name, [TIME], new Float32Array(TIME).fill(value)));
  const [ones, zeros] = [filled('ones', 1), filled('zeros', 0)];
  const norm = (x: string) => b.op('BatchNormalization', [x, ones, zeros, zeros, ones]);
  const hidden = norm(b.op('Mul', [b.op('Tanh', [norm(b.input('x', ['n', TIME, WIDTH]))]), b.float(3)]));
  b.output(
    b.op(
      'Gemm',
      [b.op('Flatten', [hidden]), b.initializer(floatTensor('u', [TIME * WIDTH, 4], numbers([TIME * WIDTH, 4])))],
      {},
      { outputs: ['y'] },
    ),
    ['n', 4],
  );
  const { model, summary } = await RUNS[0]![1](data, b.build());
  const parts = new Graph(model!).nodes
    .filter(({ opType }) => opType === 'BatchNormalization')
    .flatMap(({ input }) => input.slice(1));
  expect(new Set(parts).size).toBe(8);
  const variances = [parts[3]!, parts[7]!].map((name) => valuesOf(model!, name)[0]!);
  expect(variances[1]! / variances[0]!).toBeGreaterThan(3);
  expect(summary['weights']).toMatchObject({
    untied: [
      { name: 'ones', parameters: 4 },
      { name: 'zeros', parameters: 4 },
    ],
  });
});

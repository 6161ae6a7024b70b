import { DistillOptions, PruneOptions, TrainOptions, type DatasetInspection } from '#contracts';
import { DataType, GraphBuilder, floatTensor, makeTensor, writeModel, type Dim, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { distillPass } from '../passes/distill/distill.js';
import type { Obstacle } from '../pass.js';
import { prunePass } from '../passes/prune/prune.js';
import { ArrayData } from './batches/arrays.fixture.js';
import { trainPass } from '../passes/train/train.js';

const random = randomNumbers(23);
const weight = (b: GraphBuilder, name: string, ...dims: number[]) =>
  b.initializer(
    floatTensor(
      name,
      dims,
      Float32Array.from({ length: dims.reduce((a, c) => a * c, 1) }, () => random() - 0.5),
    ),
  );

const SAMPLES = 12;
const INSPECTED: DatasetInspection = {
  inputs: { x: { dims: [8], type: 'float32' } },
  classes: 4,
  splits: { train: SAMPLES },
};

/** x [n, 8] -> a layer -> whatever a test puts there -> a layer -> y [n, 4]. */
function net(
  middle: (b: GraphBuilder, x: string) => string,
  { batch = 'n', classes = 4 }: { batch?: Dim; classes?: number } = {},
): ModelProto {
  const b = new GraphBuilder();
  const first = b.op('Tanh', [b.op('MatMul', [b.input('x', [batch, 8]), weight(b, 'w', 8, 8)])]);
  b.output(
    b.op('Gemm', [middle(b, first), weight(b, 'v', 8, classes), weight(b, 'u', classes)], {}, { outputs: ['y'] }),
    [batch, classes],
  );
  return b.build();
}

/** An operator without a gradient rule. */
function cropped(b: GraphBuilder, x: string): string {
  return b.op('CenterCropPad', [x, b.ints([8])], { axes: [1] });
}

const fine = net((_, x) => x);
const halves = (type: DataType) => {
  const b = new GraphBuilder();
  const zeros = type === DataType.DOUBLE ? new Float64Array(32) : new Uint16Array(32);
  const x = b.op('Cast', [b.input('x', ['n', 8])], { to: type });
  b.output(
    b.op(
      'Cast',
      [b.op('MatMul', [x, b.initializer(makeTensor('w', type, [8, 4], zeros))])],
      { to: DataType.FLOAT },
      { outputs: ['y'] },
    ),
    ['n', 4],
  );
  return b.build();
};

/** Everything that keeps a pass from a model, as a job is told before it is accepted. */
async function inTheWay(
  pass: 'train' | 'distill' | 'prune',
  model: ModelProto,
  given: object = {},
  data: DatasetInspection | null = INSPECTED,
): Promise<Obstacle[]> {
  const models = new Map<string, ModelProto>();
  if (pass === 'train')
    return first(trainPass.obstacles!(model, TrainOptions.parse(given), models), () =>
      trainPass.trial!(model, TrainOptions.parse(given), { models, data }),
    );
  if (pass === 'prune')
    return first(prunePass.obstacles!(model, PruneOptions.parse(given), models), () =>
      prunePass.trial!(model, PruneOptions.parse(given), { models, data }),
    );
  return first(distillPass.obstacles!(model, DistillOptions.parse(given), models), () =>
    distillPass.trial!(model, DistillOptions.parse(given), { models, data }),
  );
}

async function first(obstacles: Obstacle[], trial: () => Promise<Obstacle[]>): Promise<Obstacle[]> {
  return obstacles.length > 0 ? obstacles : trial();
}

/** Nothing of this kind holds for a batch of another size. */
const oneByOne = (count: number) => (b: GraphBuilder, x: string) => {
  const samples = b.ops('Split', count, [x, b.ints(Array<number>(count).fill(1))]);
  return b.op(
    'Concat',
    samples.map((sample) => b.op('Unsqueeze', [b.op('Squeeze', [sample, b.ints([0])]), b.ints([0])])),
    { axis: 0 },
  );
};
const dropout = (b: GraphBuilder, x: string) =>
  b.op('Dropout', [x, b.float(0.5), b.initializer(makeTensor('training', DataType.BOOL, [], Uint8Array.of(1)))]);

describe('before a job is accepted', () => {
  it.each(['train', 'distill'] as const)('%s finds nothing in the way of a net that trains', async (pass) => {
    expect(await inTheWay(pass, fine)).toEqual([]);
    expect(
      await inTheWay(
        pass,
        net((b, x) => b.op('Dropout', [x])),
      ),
    ).toEqual([]);
  });

  it.each<[string, RegExp, ModelProto]>([
    ['weights of float16', /nothing to train.*"w".*float16/, halves(DataType.FLOAT16)],
    ['weights of float64', /nothing to train.*"w".*double/, halves(DataType.DOUBLE)],
    [
      'a part in float64',
      /"v\d+_Cast" \(Cast to double\)/,
      net((b, x) => b.op('Cast', [b.op('Neg', [b.op('Cast', [x], { to: DataType.DOUBLE })])], { to: DataType.FLOAT })),
    ],
    ['a Dropout that drops in every run', /Dropout "v\d+_Dropout" drops at random.*evaluation mode/, net(dropout)],
    ['no rule', /no gradient rule for "v\d+_CenterCropPad" \(CenterCropPad\).*Set freeze to \["w"\]/, net(cropped)],
    [
      'a grid whose scale is infinite',
      /the scale "\w+" of "v\d+_Tanh" is not finite.*Quantize the model again/,
      net((b, x) => {
        const grid = [b.float(Infinity), b.initializer(makeTensor('zero', DataType.UINT8, [], Uint8Array.of(0)))];
        return b.op('DequantizeLinear', [b.op('QuantizeLinear', [x, ...grid]), ...grid]);
      }),
    ],
    [
      'a batch of one that no input declares',
      /runs on one sample and not on 2.*dynamic batch/,
      net((b, x) => b.op('Reshape', [x, b.ints([1, 8])])),
    ],
  ])('train and distill refuse %s, with the way out', async (_, problem, model) => {
    for (const pass of ['train', 'distill'] as const)
      expect(await inTheWay(pass, model)).toContainEqual({ field: '', message: expect.stringMatching(problem) });
  });

  it.each<[string, RegExp, ModelProto, object]>([
    ['outputs that fit no label', /output \[batch, 4\].*"y" \[2,3\]/, net((_, x) => x, { classes: 3 }), {}],
    [
      'fewer samples than a batch that cannot be freed',
      /takes batches of 16, and the train split has 12/,
      net(oneByOne(16), { batch: 16 }),
      {},
    ],
    [
      'the same, less what is held back',
      /the train split has 6/,
      net(oneByOne(8), { batch: 8 }),
      { earlyStopping: { share: 0.5 } },
    ],
  ])('train refuses %s', async (_, problem, model, options) => {
    expect(await inTheWay('train', model, options)).toEqual([{ field: '', message: expect.stringMatching(problem) }]);
  });

  it.each(['train', 'distill'] as const)('%s refuses to hold samples of a single one back', async (pass) => {
    const data = { ...INSPECTED, splits: { train: 1 } };
    expect(await inTheWay(pass, fine, { earlyStopping: { share: 0.1 } }, data)).toEqual([
      { field: '', message: expect.stringMatching(/leave earlyStopping out/) },
    ]);
    expect(await inTheWay(pass, fine, {}, data)).toEqual([]);
  });

  it('train refuses to draw weights anew that are stored as integers, or will be', async () => {
    const stored = net((b, x) => {
      const w = b.initializer(makeTensor('q', DataType.INT8, [8, 8], new Int8Array(64).fill(3)));
      return b.op('MatMul', [x, b.op('DequantizeLinear', [w, b.float(0.1)])]);
    });
    const refusal = { field: 'initialWeights', message: expect.stringMatching(/stored.*choose initialWeights keep/) };
    expect(await inTheWay('train', stored)).toEqual([refusal]);
    expect(await inTheWay('train', stored, { initialWeights: 'keep' })).toEqual([]);
    const behind = (given: object, scheme: string) =>
      trainPass.behind!(TrainOptions.parse(given), [{ pass: 'quantize', options: { scheme } }]);
    expect(behind({}, 'static')).toEqual([refusal]);
    expect([...behind({ initialWeights: 'keep' }, 'static'), ...behind({}, 'float16')]).toEqual([]);
  });

  it('a generator is refused for a teacher that it cannot be trained through', async () => {
    const ids = new GraphBuilder();
    ids.output(
      ids.op('Gather', [weight(ids, 'E', 8, 4), ids.input('x', ['n', 3], DataType.INT64)], {}, { outputs: ['y'] }),
    );
    expect(await inTheWay('distill', ids.build(), { method: 'generative', teacher: 'original' })).toEqual([
      { field: 'method', message: expect.stringContaining('one input of floats') },
    ]);
    const floored = net(cropped);
    expect(await inTheWay('distill', floored, { method: 'generative', freeze: ['w'] })).toEqual([
      { field: 'method', message: expect.stringContaining('(CenterCropPad)') },
    ]);
  });

  it('pruning refuses what its recovery or its importance cannot do', async () => {
    const model = net(cropped);
    const schedule = { schedule: 'iterative', recoverEpochs: 1 };
    expect(await inTheWay('prune', model, schedule)).toEqual([
      { field: 'recoverEpochs', message: expect.stringContaining('(CenterCropPad)') },
    ]);
    expect(await inTheWay('prune', model, { importance: 'taylor' })).toEqual([
      { field: 'importance', message: expect.stringMatching(/\(CenterCropPad\).*such as "l2"/) },
    ]);
    expect(await inTheWay('prune', model, { ...schedule, freeze: ['nowhere'] })).toEqual([
      { field: 'freeze', message: expect.stringContaining('nowhere') },
    ]);
    expect(await inTheWay('prune', fine, { ...schedule, importance: 'taylor' })).toEqual([]);
  });
});

describe('what preflight advises and accepts, runs', () => {
  let data: ArrayData;
  beforeAll(async () => {
    const x = Float32Array.from({ length: SAMPLES * 8 }, () => random() - 0.5);
    data = await ArrayData.create({
      x: { dtype: 'f4', dims: [SAMPLES, 8], data: x },
      y: { dtype: 'i8', dims: [SAMPLES], data: BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(i % 4)) },
    });
  });
  afterAll(() => data.remove());

  it('freezing the weights before a node without a rule', async () => {
    const model = net(cropped);
    const options = TrainOptions.parse({ epochs: 1, freeze: ['w'] });
    expect(await inTheWay('train', model, options)).toEqual([]);
    expect((await trainPass.run(data.context(writeModel(model)), options)).summary['weights']).toMatchObject({
      trained: ['v', 'u'],
    });
  });

  it('values without elements on the way to the loss', async () => {
    const empty = net((b, x) =>
      b.op('Concat', [b.op('Tanh', [b.op('Slice', [x, b.ints([0]), b.ints([0]), b.ints([1])])]), x], { axis: 1 }),
    );
    for (const pass of ['train', 'distill'] as const) expect(await inTheWay(pass, empty)).toEqual([]);
    const { model: result } = await distillPass.run(
      data.context(writeModel(empty)),
      DistillOptions.parse({ epochs: 1 }),
    );
    expect(result).not.toBeNull();
  });

  it('a Dropout of inference, which is said to drop nothing', async () => {
    const model = net((b, x) => b.op('Dropout', [x, b.float(0.3)]));
    const { skipped } = await trainPass.run(data.context(writeModel(model)), TrainOptions.parse({ epochs: 1 }));
    expect(skipped).toEqual([
      {
        node: expect.stringContaining('Dropout'),
        opType: 'Dropout',
        reason: expect.stringContaining('dropping nothing'),
      },
    ]);
  });
});

import { DistillOptions, PruneOptions, TrainOptions } from '#contracts';
import { Graph, GraphBuilder, floatTensor, tensorToFloats, writeModel, type Dim, type ModelProto } from '#onnx';
import { expectClose, randomNumbers } from '#testing';
import { distillPass } from '../passes/distill/distill.js';
import type { PassResult } from '../pass.js';
import { prunePass } from '../passes/prune/prune.js';
import { ArrayData } from './batches/arrays.fixture.js';
import { trainPass } from '../passes/train/train.js';

const SAMPLES = 61;
const random = randomNumbers(17);
const drawn = new Map<string, Float32Array>();

/** The same numbers for the same tensor, whatever net it is in. */
function numbers(name: string, dims: readonly number[]): Float32Array {
  const known =
    drawn.get(`${name}:${dims}`) ??
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => (random() - 0.5) * 0.6);
  drawn.set(`${name}:${dims}`, known);
  return known;
}

/**
 * What stands between a convolution [n, 8, 8, 8] and the last layer; `n` is the batch that the file fixes, null for
 * none.
 */
type Middle = (b: GraphBuilder, x: string, n: number | null) => string;

const weight = (b: GraphBuilder, name: string, ...dims: number[]) =>
  b.initializer(floatTensor(name, dims, numbers(name, dims)));
const pooled = (b: GraphBuilder, x: string) => b.op('Flatten', [b.op('GlobalAveragePool', [x])]);
const tokens = (b: GraphBuilder, x: string, n: number | null) =>
  b.op('Transpose', [b.op('Reshape', [x, b.ints([n ?? 0, 8, 64])])], { perm: [0, 2, 1] });
const batchOf = (b: GraphBuilder, x: string) => b.op('Slice', [b.op('Shape', [x]), b.ints([0]), b.ints([1])]);

const SPELLED: [string, Middle][] = [
  [
    'a Reshape to [n, -1]',
    (b, x, n) =>
      pooled(b, b.op('Reshape', [b.op('Reshape', [x, b.ints(n === null ? [0, -1] : [n, -1])]), b.ints([-1, 8, 8, 8])])),
  ],
  [
    'a Reshape that folds the batch into rows',
    (b, x, n) => {
      const rows = b.op('Reshape', [tokens(b, x, n), b.ints([n === null ? -1 : n * 64, 8])]);
      return b.op('ReduceMean', [b.op('Reshape', [b.op('Tanh', [rows]), b.ints([n ?? -1, 64, 8])]), b.ints([1])], {
        keepdims: 0,
      });
    },
  ],
  ['a Flatten behind a pool', (b, x) => pooled(b, x)],
  [
    'sizes of a Resize',
    (b, x, n) =>
      pooled(
        b,
        b.op('Tanh', [
          b.op(
            'Resize',
            [
              x,
              '',
              '',
              n === null ? b.op('Concat', [batchOf(b, x), b.ints([8, 16, 16])], { axis: 0 }) : b.ints([n, 8, 16, 16]),
            ],
            { mode: 'linear' },
          ),
        ]),
      ),
  ],
  [
    'a token joined to the others',
    (b, x, n) => {
      const token = weight(b, 'token', 1, 1, 8);
      const here =
        n === 1
          ? token
          : b.op('Expand', [
              token,
              n === null ? b.op('Concat', [batchOf(b, x), b.ints([1, 8])], { axis: 0 }) : b.ints([n, 1, 8]),
            ]);
      return b.op('ReduceMean', [b.op('Tanh', [b.op('Concat', [here, tokens(b, x, n)], { axis: 1 })]), b.ints([1])], {
        keepdims: 0,
      });
    },
  ],
  [
    'states of a recurrence',
    (b, x, n) => {
      const size = n ?? 1;
      const zeros = b.float(new Float32Array(size * 8), [1, size, 8]);
      const states =
        n === null
          ? b.op('Expand', [zeros, b.op('Concat', [b.ints([1]), batchOf(b, x), b.ints([8])], { axis: 0 })])
          : zeros;
      const sequence = b.op('Transpose', [b.op('Reshape', ['x', b.ints([n ?? 0, 32, 8])])], { perm: [1, 0, 2] });
      const [, last] = b.ops(
        'GRU',
        2,
        [sequence, weight(b, 'gw', 1, 24, 8), weight(b, 'gr', 1, 24, 8), '', '', states],
        { hidden_size: 8 },
      );
      return b.op('Add', [pooled(b, x), b.op('Squeeze', [last!, b.ints([0])])]);
    },
  ],
];

/** Nothing of this kind holds for a batch of another size. */
const STUCK: [string, Middle] = [
  'samples taken one by one',
  (b, x, n) => {
    if (n === null) return pooled(b, x);
    const parts = b.ops('Split', n, [x, b.ints(Array<number>(n).fill(1))], { axis: 0 });
    return b.op(
      'Concat',
      parts.map((part) =>
        b.op('Unsqueeze', [
          b.op('ReduceMean', [b.op('Squeeze', [part, b.ints([0])]), b.ints([1, 2])], { keepdims: 0 }),
          b.ints([0]),
        ]),
      ),
      { axis: 0 },
    );
  },
];

function net([, middle]: [string, Middle], n: number | null, normalized = false): ModelProto {
  const b = new GraphBuilder();
  const batch: Dim = n ?? 'n';
  const conv = b.op('Conv', [b.input('x', [batch, 4, 8, 8]), weight(b, 'w', 8, 4, 3, 3), weight(b, 'b', 8)], {
    pads: [1, 1, 1, 1],
  });
  const filled = (name: string, value: number) =>
    b.initializer(floatTensor(name, [8], new Float32Array(8).fill(value)));
  const normal = normalized
    ? b.op('BatchNormalization', [
        conv,
        filled('gain', 1),
        filled('shift', 0),
        filled('mean', 0),
        filled('variance', 1),
      ])
    : conv;
  b.output(
    b.op(
      'Gemm',
      [middle(b, b.op('Tanh', [normal]), n), weight(b, 'v', 8, 4), weight(b, 'u', 4)],
      {},
      { outputs: ['y'] },
    ),
    [batch, 4],
  );
  return b.build();
}

const SHORT = { epochs: 2, batchSize: 16, learningRate: 0.01 };
type Run = (data: ArrayData, model: ModelProto, options?: object) => Promise<PassResult>;
const trainOn: Run = (data, model, options) =>
  trainPass.run(
    data.context(writeModel(model)),
    TrainOptions.parse({ ...SHORT, initialWeights: 'keep', batchNorm: 'frozen', ...options }),
  );
const distillFrom =
  (n: number | null): Run =>
  (data, model, options) =>
    distillPass.run(
      data.context(writeModel(model), { baseline: writeModel(teacher(n)) }),
      DistillOptions.parse({ ...SHORT, outputs: 'mse', ...options }),
    );
const generate: Run = (data, model) =>
  distillPass.run(
    data.context(writeModel(model), { data: null, baseline: writeModel(teacher(null)) }),
    DistillOptions.parse({ ...SHORT, method: 'generative', generator: { generatedBatchesPerEpoch: 3 } }),
  );
const recover: Run = (data, model) =>
  prunePass.run(
    data.context(writeModel(model)),
    PruneOptions.parse({ ratio: 0.5, multipleOf: 2, schedule: 'iterative', steps: 2, recoverEpochs: 1 }),
  );

/** Another net of the same inputs and outputs, with numbers of its own. */
function teacher(n: number | null): ModelProto {
  const model = net(SPELLED[0]!, n);
  for (const tensor of model.graph!.initializer)
    if (tensor.name === 'w') Object.assign(tensor, floatTensor('w', [8, 4, 3, 3], numbers('teacher', [8, 4, 3, 3])));
  return model;
}

const weightsOf = (model: ModelProto) =>
  ['w', 'b', 'v', 'u'].flatMap((name) => [...tensorToFloats(new Graph(model).initializer(name)!)]);

let data: ArrayData;
let few: ArrayData;
beforeAll(async () => {
  const of = (count: number) =>
    ArrayData.create({
      x: { dtype: 'f4', dims: [count, 4, 8, 8], data: numbers('x', [count, 4, 8, 8]) },
      y: { dtype: 'i8', dims: [count], data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i % 4)) },
    });
  [data, few] = [await of(SAMPLES), await of(5)];
});
afterAll(async () => {
  await data.remove();
  await few.remove();
});

describe.each<[string, Run]>([
  ['train', trainOn],
  ['distill', distillFrom(null)],
])('%s of a model that fixes its batch', (_, run) => {
  describe.each([1, 8])('at %i', (n) => {
    it.each([...SPELLED, STUCK])('comes to the weights that it has without: %s', async (...middle) => {
      const [fixed, free] = [await run(data, net(middle, n)), await run(data, net(middle, null))];
      expectClose(weightsOf(fixed.model!), weightsOf(free.model!), { absolute: 2e-4, relative: 1e-3 });
      expect((fixed.summary['memory'] as { parts: number }).parts).toBe(middle[0] === STUCK[0] ? 16 / n : 1);
    });
  });

  it('takes fewer samples than were asked for where there are few, and says so', async () => {
    expect((await run(few, net(SPELLED[0]!, 8))).summary['warnings']).toEqual([expect.stringContaining('5 samples')]);
    const { summary } = await run(few, net(STUCK, 2));
    expect(summary['steps']).toBe(2);
    expect(summary['warnings']).toEqual([expect.stringContaining('batches of 2')]);
  });

  it('refuses fewer samples than a batch that cannot be freed, with the way out', async () => {
    await expect(run(few, net(STUCK, 8))).rejects.toThrow(
      /takes batches of 8, and the train split has 5 samples.*dynamic batch/,
    );
  });

  it('judges samples held back, however many', async () => {
    for (const middle of [SPELLED[0]!, STUCK]) {
      const { summary } = await run(data, net(middle, 2), { earlyStopping: { share: 0.25 } });
      expect(summary['validationLoss']).toBeGreaterThan(0);
    }
  });
});

it.each([1, 8])('a teacher answers %i samples at a time', async (n) => {
  const [fixed, free] = [
    await distillFrom(n)(data, net(SPELLED[0]!, null)),
    await distillFrom(null)(data, net(SPELLED[0]!, null)),
  ];
  expectClose(weightsOf(fixed.model!), weightsOf(free.model!), { absolute: 2e-4, relative: 1e-3 });
});

it.each<[string, Run]>([
  ['learns from a generator', generate],
  ['recovers from pruning', recover],
  [
    'is cut to half of its width and taught',
    (on, model) =>
      distillPass.run(
        on.context(writeModel(model)),
        DistillOptions.parse({ ...SHORT, student: { width: 0.5 }, assistants: [{ width: 0.75 }] }),
      ),
  ],
])('a model that fixes its batch %s', async (_, run) => {
  for (const [middle, n] of [
    [SPELLED[1]!, 1],
    [SPELLED[0]!, 8],
    [STUCK, 2],
  ] as const)
    expect((await run(data, net(middle, n))).model).not.toBeNull();
});

describe('batch normalization by the batch', () => {
  it('sees the whole batch of a model that fixes one sample, and has its statistics of all', async () => {
    const [fixed, free] = [
      await trainOn(data, net(SPELLED[0]!, 1, true), { batchNorm: 'batch' }),
      await trainOn(data, net(SPELLED[0]!, null, true), { batchNorm: 'batch' }),
    ];
    for (const name of ['w', 'gain', 'mean', 'variance']) {
      expectClose(
        tensorToFloats(new Graph(fixed.model!).initializer(name)!),
        tensorToFloats(new Graph(free.model!).initializer(name)!),
        { absolute: 1e-3, relative: 1e-2 },
      );
    }
  });

  it('is refused for one sample at a time, with the way out', async () => {
    await expect(trainOn(data, net(STUCK, 1, true), { batchNorm: 'batch' })).rejects.toThrow(/set batchNorm to frozen/);
    expect((await trainOn(data, net(STUCK, 1, true), { batchNorm: 'frozen' })).model).not.toBeNull();
  });
});

it('importance by gradient of a model that fixes its batch is that of single samples, and refused for less than a batch that cannot be freed', async () => {
  const by: Run = (on, model) =>
    prunePass.run(
      on.context(writeModel(model)),
      PruneOptions.parse({ granularity: 'weight', ratio: 0.5, importance: 'taylor' }),
    );
  const [fixed, free] = [await by(data, net(SPELLED[0]!, 8)), await by(data, net(SPELLED[0]!, null))];
  expect(weightsOf(fixed.model!)).toEqual(weightsOf(free.model!));
  await expect(by(few, net(STUCK, 8))).rejects.toThrow(/train split of 8 samples or more.*dynamic batch/);
});

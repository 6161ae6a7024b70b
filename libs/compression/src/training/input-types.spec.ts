import { DistillOptions, PruneOptions, TrainOptions } from '#contracts';
import { Session, type HostTensor } from '#inference';
import { DataType, GraphBuilder, floatTensor, writeModel } from '#onnx';
import { randomNumbers, signalToNoiseDb } from '#testing';
import { distillPass } from '../passes/distill/distill.js';
import type { PassResult } from '../pass.js';
import { prunePass } from '../passes/prune/prune.js';
import { ArrayData } from './batches/arrays.fixture.js';
import { trainPass } from '../passes/train/train.js';

const [SAMPLES, LENGTH, WORDS, WIDTH] = [24, 6, 4, 16];
const random = randomNumbers(11);
const numbers = (...dims: number[]) =>
  floatTensor(
    '',
    dims,
    Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => (random() - 0.5) * 0.6),
  );
const ids = Uint8Array.from({ length: SAMPLES * LENGTH }, () => Math.floor(random() * 2));
const labels = {
  dtype: 'i8',
  dims: [SAMPLES],
  data: BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(i % 4)),
} as const;

type Typed = {
  type: HostTensor['type'];
  dataType: DataType;
  dtype: 'i8' | 'i4' | 'b1' | 'u1' | 'i1' | 'f8' | 'f4';
  data: HostTensor['data'];
};

const TYPES: Typed[] = [
  { type: 'int64', dataType: DataType.INT64, dtype: 'i8', data: BigInt64Array.from(ids, BigInt) },
  { type: 'int32', dataType: DataType.INT32, dtype: 'i4', data: Int32Array.from(ids) },
  { type: 'int8', dataType: DataType.INT8, dtype: 'i1', data: Int8Array.from(ids) },
  { type: 'uint8', dataType: DataType.UINT8, dtype: 'u1', data: ids },
  { type: 'bool', dataType: DataType.BOOL, dtype: 'b1', data: ids },
  { type: 'float64', dataType: DataType.DOUBLE, dtype: 'f8', data: Float64Array.from(ids) },
  { type: 'float32', dataType: DataType.FLOAT, dtype: 'f4', data: Float32Array.from(ids) },
];

/** Words of a table, averaged, through two layers; the words are told in the given type. */
function reader({ dataType }: Typed): Uint8Array {
  const b = new GraphBuilder();
  const tensor = (name: string, ...dims: number[]) => b.initializer({ ...numbers(...dims), name });
  const x = b.input('ids', ['n', LENGTH], dataType);
  const indices =
    dataType === DataType.INT64 || dataType === DataType.INT32 ? x : b.op('Cast', [x], { to: DataType.INT64 });
  const words = b.op('Gather', [tensor('E', WORDS, WIDTH), indices]);
  const mean = b.op('ReduceMean', [words, b.ints([1])], { keepdims: 0 });
  const hidden = b.op('Relu', [b.op('Gemm', [mean, tensor('v', WIDTH, WIDTH), tensor('u', WIDTH)])]);
  b.output(b.op('Gemm', [hidden, tensor('w', WIDTH, 4), tensor('b', 4)], {}, { outputs: ['y'] }), ['n', 4]);
  return writeModel(b.build());
}

const FINE = { epochs: 1, batchSize: 8, learningRate: 1e-5 };
const STEPS = { granularity: 'channel', ratio: 0.25, schedule: 'iterative', steps: 2, recoverEpochs: 1, multipleOf: 1 };
const cuts: [string, (data: ArrayData, model: Uint8Array) => Promise<PassResult>][] = [
  [
    'a student of half the width',
    (data, model) => distillPass.run(data.context(model), DistillOptions.parse({ epochs: 1, student: { width: 0.5 } })),
  ],
  ['pruning with recovery', (data, model) => prunePass.run(data.context(model), PruneOptions.parse(STEPS))],
];
const runs: [string, (data: ArrayData, model: Uint8Array) => Promise<PassResult>][] = [
  [
    'train',
    (data, model) => trainPass.run(data.context(model), TrainOptions.parse({ ...FINE, initialWeights: 'keep' })),
  ],
  ['distill', (data, model) => distillPass.run(data.context(model), DistillOptions.parse(FINE))],
  [
    'prune by taylor',
    (data, model) =>
      prunePass.run(
        data.context(model),
        PruneOptions.parse({ granularity: 'channel', ratio: 0.01, importance: 'taylor' }),
      ),
  ],
  [
    'prune by fisher, weight by weight',
    (data, model) =>
      prunePass.run(
        data.context(model),
        PruneOptions.parse({ granularity: 'weight', ratio: 0.001, importance: 'fisher' }),
      ),
  ],
];

describe.each(TYPES)('a model that reads $type', (typed) => {
  let data: ArrayData;
  beforeAll(async () => {
    data = await ArrayData.create({
      ids: { dtype: typed.dtype, dims: [SAMPLES, LENGTH], data: typed.data },
      y: labels,
    });
  });
  afterAll(() => data.remove());

  async function answers(model: Uint8Array): Promise<Float32Array> {
    const session = await Session.create(model);
    const { y } = await session.run({
      ids: { type: typed.type, dims: [SAMPLES, LENGTH], data: typed.data } as HostTensor,
    });
    await session.release();
    return y!.data as Float32Array;
  }

  it.each(runs)('goes through %s, and fine steps leave it near what it was', async (_, run) => {
    const model = reader(typed);
    const { model: result } = await run(data, model);
    expect(signalToNoiseDb(await answers(writeModel(result!)), await answers(model))).toBeGreaterThan(50);
  });

  it.each(cuts)('goes through %s', async (_, run) => {
    const { model: result } = await run(data, reader(typed));
    expect(await answers(writeModel(result!))).toHaveLength(SAMPLES * 4);
  });
});

import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { TrainOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { Session } from '#inference';
import { Graph, GraphBuilder, ModelProtoSchema, readModel, tensorToFloats, writeModel, type ModelProto } from '#onnx';
import { mlp } from '#testing';
import { Points } from '../../distillation/points.fixture.js';
import type { PassContext } from '../../pass.js';
import { trainPass } from './train.js';

const EXAMPLES = join(process.cwd(), 'examples');

describe('train', () => {
  const net = writeModel(mlp([8, 16, 4]));
  let points: Points;
  let numbers: Points;
  let chance: Points;

  beforeAll(async () => {
    points = await Points.create();
    numbers = await Points.create({ labels: { array: 't' } });
    chance = await Points.create({ labels: { array: 'c', classes: 4 } });
  });
  afterAll(async () => {
    await points.remove();
    await numbers.remove();
    await chance.remove();
  });

  async function run(
    given: object,
    {
      on = points,
      model = net,
      ...changes
    }: Partial<Omit<PassContext, 'model'>> & { on?: Points; model?: Uint8Array } = {},
  ) {
    const result = await trainPass.run(
      on.context(model, changes),
      TrainOptions.parse({ epochs: 20, batchSize: 16, learningRate: 0.02, ...given }),
    );
    return {
      model: result.model!,
      bytes: Buffer.from(toBinary(ModelProtoSchema, result.model!)),
      summary: result.summary as { firstLoss: number; lastLoss: number; epochs: object[] },
    };
  }

  it.each(['he', 'glorot'])(
    'learns classes from fresh weights (%s), whatever the weights in the file',
    async (initialWeights) => {
      const { summary, bytes } = await run({ initialWeights });
      expect(summary.lastLoss).toBeLessThan(0.3 * summary.firstLoss);
      expect(summary.epochs).toHaveLength(20);
      const other = await run({ initialWeights }, { model: writeModel(mlp([8, 16, 4], 2)) });
      expect(other.bytes.equals(bytes)).toBe(true);
    },
  );

  it('goes on from the weights in the file where they are kept', async () => {
    const first = await run({ initialWeights: 'keep', epochs: 10 });
    const second = await run({ initialWeights: 'keep', epochs: 1 }, { model: first.bytes });
    expect(second.summary.firstLoss).toBeLessThan(0.5 * first.summary.firstLoss);
  });

  it('learns numbers by their squared error', async () => {
    const { summary } = await run({ loss: 'mse', epochs: 60 }, { on: numbers, model: writeModel(mlp([8, 16, 2])) });
    expect(summary.lastLoss).toBeLessThan(0.1 * summary.firstLoss);
  });

  it('learns numbers of an output that has further axes of one entry', async () => {
    const b = new GraphBuilder();
    const weights = [b.float(new Float32Array(16).fill(0.1), [8, 2]), b.float(new Float32Array(2))];
    const rows = b.op('Gemm', [b.input('x', ['n', 8]), ...weights]);
    b.output(b.op('Unsqueeze', [rows, b.ints([1])], {}, { outputs: ['y'] }), ['n', 1, 2]);
    const { summary } = await run({ loss: 'mse', epochs: 20 }, { on: numbers, model: writeModel(b.build()) });
    expect(summary.lastLoss).toBeLessThan(0.9 * summary.firstLoss);
  });

  it('learns from blended samples and labels', async () => {
    const { summary } = await run({ augment: { mixup: 0.2 }, labelSmoothing: 0.05 });
    expect(summary.lastLoss).toBeLessThan(0.7 * summary.firstLoss);
  });

  it('trains the logits of a model that ends in Softmax', async () => {
    const b = new GraphBuilder();
    const logits = b.op('Gemm', [
      b.input('x', ['n', 8]),
      b.float(new Float32Array(32), [8, 4]),
      b.float(new Float32Array(4)),
    ]);
    b.output(b.op('Softmax', [logits], { axis: 1 }, { outputs: ['p'] }), ['n', 4]);
    const { summary } = await run({ epochs: 1 }, { model: writeModel(b.build()) });
    const start = await run({ epochs: 1, initialWeights: 'keep' }, { model: writeModel(b.build()) });
    // Four classes alike cost log 4; a second softmax over probabilities could not get far below it.
    expect(start.summary.firstLoss).toBeCloseTo(Math.log(4), 5);
    expect((await run({}, { model: writeModel(b.build()) })).summary.lastLoss).toBeLessThan(0.7 * summary.firstLoss);
  });

  // Labels of chance: what is learned of some samples says nothing of others.
  const noise = { epochs: 40, learningRate: 0.05, earlyStopping: { share: 0.3, patience: 3 } };

  it('ends when the loss on samples held back no longer falls, with the weights of the best epoch', async () => {
    const { summary, bytes } = await run(noise, { on: chance });
    const held = (summary.epochs as { validationLoss: number }[]).map(({ validationLoss }) => validationLoss);
    expect(held.length).toBeLessThan(40);
    expect(held.indexOf(Math.min(...held))).toBe(held.length - 4);
    expect(summary).toMatchObject({ bestEpoch: held.length - 3, validationLoss: Math.min(...held) });
    const best = await run({ ...noise, earlyStopping: { share: 0.3, patience: 1000 }, epochs: 40 }, { on: chance });
    expect((best.summary as { bestEpoch?: number }).bestEpoch).toBeLessThanOrEqual(40);
    expect(bytes).toHaveLength(best.bytes.length);
  });

  it.each<[string, object, number]>([
    ['blends samples', { augment: { mixup: 0.4 } }, 0.3],
    ['smooths labels', { labelSmoothing: 0.2 }, 0.3],
    ['moves averages', { averaging: 0.9 }, 0.05],
  ])('judges by the clean samples held back, all of them, where training %s', async (_what, given, share) => {
    const { summary } = await run({
      ...given,
      initialWeights: 'keep',
      epochs: 1,
      learningRate: 1e-12,
      earlyStopping: { share },
    });
    const { held, train: rest } = points.context(net).data!.holdOut(share, 5);
    const smoothing = (given as { labelSmoothing?: number }).labelSmoothing ?? 0;
    expect((summary as unknown as { validationLoss: number }).validationLoss).toBeCloseTo(
      await crossEntropy(net, held, smoothing),
      4,
    );
    // Batches of training are as large as they were asked to be, however few samples are held back.
    expect(summary).toMatchObject({ steps: Math.floor(rest.sampleCount('train') / 16) });
  });

  it('shows the cross-entropy of blended labels as its loss', async () => {
    // So small an alpha leaves nearly every sample alone, and then the loss is that of the labels.
    const plain = await run({ initialWeights: 'keep', epochs: 1, learningRate: 1e-12, labelSmoothing: 0.3 });
    const blended = await run({
      initialWeights: 'keep',
      epochs: 1,
      learningRate: 1e-12,
      labelSmoothing: 0.3,
      augment: { mixup: 1e-6 },
    });
    expect(blended.summary.firstLoss).toBeCloseTo(plain.summary.firstLoss, 3);
  });

  it('resumes in the middle of an epoch, with the same figures', async () => {
    const checkpointFile = join(points.folder, 'middle.checkpoint');
    const killAt = (at: number) => (_: number, __?: string, values?: Record<string, number>) => {
      if (values?.['step'] === at) throw new RangeError('killed');
    };
    // Six batches an epoch; figures are reported at every tenth step and at the end of an epoch.
    const options = { epochs: 4 };
    await expect(run(options, { checkpointFile, checkpointMs: 0, progress: killAt(10) })).rejects.toThrow('killed');
    const lines: string[] = [];
    const resumed = await run(options, { checkpointFile, log: (line) => lines.push(line) });
    const uninterrupted = await run(options);
    expect(lines.at(-1)).toBe('resumed after epoch 1 of 4 and 3 batches of the next');
    expect(resumed.bytes.equals(uninterrupted.bytes)).toBe(true);
    const losses = ({ summary }: typeof resumed) => (summary.epochs as { loss: number }[]).map(({ loss }) => loss);
    expect(losses(resumed)).toEqual(losses(uninterrupted));
  });

  it('resumes with its best weights after a kill', async () => {
    const checkpointFile = join(points.folder, 'stopping.checkpoint');
    const kill = (_: number, message = '') => {
      if (message.startsWith('epoch 3')) throw new RangeError('killed');
    };
    const uninterrupted = await run(noise, { on: chance });
    await expect(run(noise, { on: chance, checkpointFile, progress: kill })).rejects.toThrow('killed');
    const resumed = await run(noise, { on: chance, checkpointFile });
    expect(resumed.bytes.equals(uninterrupted.bytes)).toBe(true);
    expect(resumed.summary.epochs).toHaveLength(uninterrupted.summary.epochs.length);
  });

  it('gives batch normalizations the statistics of what they see, whatever the file held', async () => {
    const { model } = await run({ epochs: 40 }, { model: writeModel(normalizedNet()) });
    expect(await trainTop1(model, points)).toBeGreaterThan(0.9);
    const frozen = await run({ epochs: 40, batchNorm: 'frozen' }, { model: writeModel(normalizedNet()) });
    expect(await trainTop1(frozen.model, points)).toBeLessThan(await trainTop1(model, points));
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const [first, again, other] = [
      await run({ epochs: 2 }),
      await run({ epochs: 2 }),
      await run({ epochs: 2 }, { seed: 6 }),
    ];
    expect([first.bytes.equals(again.bytes), first.bytes.equals(other.bytes)]).toEqual([true, false]);
  });

  it('resumes after a kill and ends with the same bytes', async () => {
    const checkpointFile = join(points.folder, 'train.checkpoint');
    const kill = (fraction: number) => {
      if (fraction > 0.6) throw new RangeError('killed');
    };
    await expect(run({}, { checkpointFile, progress: kill })).rejects.toThrow('killed');
    const lines: string[] = [];
    const resumed = await run({}, { checkpointFile, log: (line) => lines.push(line) });
    expect(lines.at(-1)).toMatch(/^resumed after epoch 12 of 20/);
    expect(resumed.bytes.equals((await run({})).bytes)).toBe(true);
  });

  it.each<[string, (whole: Buffer) => Buffer]>([
    ['cut short', (whole) => whole.subarray(0, -8)],
    ['cut within its header', (whole) => whole.subarray(0, 20)],
    ['empty', () => Buffer.alloc(0)],
  ])('begins anew from a checkpoint that is %s, and says so in the log and in the summary', async (_how, damage) => {
    const checkpointFile = join(points.folder, 'damaged.checkpoint');
    await run({ epochs: 2 }, { checkpointFile });
    await writeFile(checkpointFile, damage(await readFile(checkpointFile)));
    const lines: string[] = [];
    const { bytes, summary } = await run({ epochs: 2 }, { checkpointFile, log: (line) => lines.push(line) });
    expect(bytes.equals((await run({ epochs: 2 })).bytes)).toBe(true);
    const warning = expect.stringMatching(/^the checkpoint is damaged: .* training begins anew$/) as unknown;
    expect(summary).toMatchObject({ warnings: [warning] });
    expect(lines.filter((line) => line.startsWith('warning: '))).toHaveLength(1);
  });

  it('goes on where a checkpoint or a plot cannot be written, and says so', async () => {
    const place = await mkdtemp(join(tmpdir(), 'coldpress-full-'));
    const checkpointFile = join(place, 'checkpoint');
    // A folder of the file's name stands for a full disk.
    for (const name of ['checkpoint.new', 'training-curve.svg'])
      await mkdir(join(place, name, 'full'), { recursive: true });
    const lines: string[] = [];
    const { bytes, summary } = await run(
      { epochs: 2 },
      { checkpointFile, outputPath: place, checkpointMs: 0, log: (line) => lines.push(line) },
    );
    expect(bytes.equals((await run({ epochs: 2 })).bytes)).toBe(true);
    expect(summary).toMatchObject({ warnings: [expect.stringMatching(/^a checkpoint could not be written/)] });
    expect(lines.filter((line) => line.startsWith('warning: training-curve.svg is not kept'))).toHaveLength(1);
    await rm(place, { recursive: true });
  });

  it('says what was lost on the way to it, and how much memory a step takes', async () => {
    const lines: string[] = [];
    const { summary } = await run(
      { epochs: 1 },
      { checkpointLost: 'the checkpoint in the store is damaged', memoryMb: 1000, log: (line) => lines.push(line) },
    );
    expect(summary).toMatchObject({
      warnings: ['the checkpoint in the store is damaged: training begins anew'],
      memory: { parts: 1, sessions: 1 },
    });
    const { estimateMb } = (summary as unknown as { memory: { estimateMb: number } }).memory;
    expect(lines).toContain(`a training step takes about ${estimateMb} MiB of 1000`);
    expect((await run({ epochs: 1 })).summary).not.toHaveProperty('warnings');
  });

  it.each<[string, object, { on?: 'numbers'; model?: Uint8Array; data?: null }, RegExp]>([
    ['no data', {}, { data: null }, /train split and labels/],
    ['classes where numbers are wanted', { loss: 'mse' }, {}, /leave classes out of the labels/],
    ['numbers where classes are wanted', {}, { on: 'numbers' }, /choose loss mse/],
    [
      'no output of as many classes',
      {},
      { model: writeModel(mlp([8, 5])) },
      /output \[batch, 4\].*the model has "logits" \[16,5\]/,
    ],
  ])('refuses %s with the way out', async (_what, given, { on, ...changes }, message) => {
    await expect(run(given, { ...changes, ...(on ? { on: numbers } : {}) })).rejects.toMatchObject({
      code: 'training',
      message: expect.stringMatching(message) as unknown,
    });
  });
});

describe('train on MNIST digits', () => {
  let folder: string;
  let data: Dataset;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-train-'));
    for (const file of ['mnist-train.npz', 'mnist-test.npz'])
      await copyFile(join(EXAMPLES, 'seed-net', file), join(folder, file));
    const manifest = {
      name: 'digits',
      inputs: { '*': { array: 'x', preprocess: [{ op: 'scale', factor: 1 / 255 }] } },
      labels: { array: 'y', classes: 10 },
      splits: { train: { file: 'mnist-train.npz', count: 3000 }, test: { file: 'mnist-test.npz', count: 1000 } },
    };
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
    data = await openDataset(folder);
  });
  afterAll(async () => {
    await data.close();
    await rm(folder, { recursive: true });
  });

  it('brings LeNet-5 from fresh weights near the accuracy of the published net', async () => {
    const published = await readFile(join(EXAMPLES, 'lenet/lenet-5.onnx'));
    const context = {
      baseline: published,
      history: [published],
      data,
      seed: 1,
      threads: 1,
      outputPath: folder,
      progress: () => undefined,
      log: () => undefined,
    };
    const model = readModel(published);
    const { model: trained } = await trainPass.run(
      { ...context, model },
      TrainOptions.parse({ epochs: 3, learningRate: 3e-3, schedule: 'oneCycle' }),
    );
    const [reached, before] = [await top1(trained!, data), await top1(readModel(published), data)];
    expect(reached).toBeGreaterThan(before - 0.08);
    expect(firstWeights(trained!)).not.toEqual(firstWeights(readModel(published)));
  });
});

/** A hidden layer whose batch normalization has statistics far from what it will see. */
function normalizedNet(): ModelProto {
  const b = new GraphBuilder();
  const weights = (...dims: number[]) =>
    b.float(new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(0.1), dims);
  const filled = (value: number) => b.float(new Float32Array(16).fill(value), [16]);
  const hidden = b.op('Gemm', [b.input('x', ['n', 8]), weights(8, 16), weights(16)]);
  const normal = b.op('BatchNormalization', [hidden, filled(1), filled(0), filled(300), filled(1e6)]);
  b.output(b.op('Gemm', [b.op('Relu', [normal]), weights(16, 4), weights(4)], {}, { outputs: ['y'] }), ['n', 4]);
  return b.build();
}

async function trainTop1(model: ModelProto, points: Points): Promise<number> {
  const { data } = points.context(writeModel(model));
  const session = await Session.create(writeModel(model));
  const batch = (await data!.batches('train', { batchSize: 96 }).next()).value!;
  const logits = (await session.run(batch.inputs))['y']!.data as Float32Array;
  await session.release();
  return (
    batch.labels!.filter((label, i) => {
      const row = logits.subarray(i * 4, i * 4 + 4);
      return row.indexOf(Math.max(...row)) === label;
    }).length / batch.size
  );
}

/** Mean cross-entropy of the net's logits over the samples, with smoothed labels. */
async function crossEntropy(model: Uint8Array, data: Dataset, smoothing: number): Promise<number> {
  const session = await Session.create(model);
  const { inputs, labels, size } = (await data.batches('train', { batchSize: 96 }).next()).value!;
  const logits = Object.values(await session.run(inputs))[0]!.data as Float32Array;
  await session.release();
  const losses = [...labels!].map((label, i) => {
    const row = [...logits.subarray(i * 4, i * 4 + 4)];
    const log = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
    return row.reduce((sum, value, k) => sum - (smoothing / 4 + (k === label ? 1 - smoothing : 0)) * (value - log), 0);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / size;
}

function firstWeights(model: ModelProto): Float32Array {
  return tensorToFloats(new Graph(model).proto.initializer[0]!);
}

async function top1(model: ModelProto, data: Dataset): Promise<number> {
  const session = await Session.create(writeModel(model));
  let right = 0;
  for await (const { inputs, labels, size } of data
    .bindInputs(session.inputs.map(({ name }) => name))
    .batches('test', { batchSize: 200 })) {
    const logits = Object.values(await session.run(inputs))[0]!.data as Float32Array;
    for (let i = 0; i < size; i++) {
      const row = logits.subarray(i * 10, i * 10 + 10);
      right += Number(row.indexOf(Math.max(...row)) === labels![i]);
    }
  }
  await session.release();
  return right / data.sampleCount('test');
}

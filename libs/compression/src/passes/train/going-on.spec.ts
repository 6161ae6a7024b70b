import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistillOptions, TrainOptions } from '#contracts';
import { writeModel } from '#onnx';
import { mlp } from '#testing';
import { Points } from '../../distillation/points.fixture.js';
import { distillPass } from '../distill/distill.js';
import { trainPass } from './train.js';

const NET = writeModel(mlp([8, 16, 4]));
const [SHORT, LONG] = [2, 5];
const EVERY = { batchSize: 16, learningRate: 0.02, schedule: 'constant' };
const OTHER_JOB = '5a0f1a59-7a6f-4bd0-8f6a-6b2b6a3f2c11';

/** Every part of a run's state that could be left behind. */
const TRAININGS: [string, 'train' | 'distill', object][] = [
  ['Adam, fresh weights', 'train', {}],
  ['momentum, averaged weights', 'train', { optimizer: 'sgd', averaging: 0.9, weightDecay: 0.01 }],
  ['blends of samples', 'train', { augment: { mixup: 0.3 } }],
  ['samples held back, weights of the best epoch', 'train', { earlyStopping: { share: 0.2, patience: 2 } }],
  ['a teacher', 'distill', { student: { width: 0.5 } }],
  [
    'made-up samples',
    'distill',
    { method: 'hybrid', student: { width: 0.5 }, generator: { low: -3, high: 3, generatedBatchesPerEpoch: 4 } },
  ],
];

describe('a training of more epochs', () => {
  let points: Points;
  let folder: string;
  beforeAll(async () => {
    points = await Points.create();
    folder = await mkdtemp(join(tmpdir(), 'coldpress-going-on-'));
  });
  afterAll(async () => {
    await points.remove();
    await rm(folder, { recursive: true });
  });

  /** The model, the epochs that were run, and what the summary and the log say. */
  async function run(pass: 'train' | 'distill', options: object, file: string, checkpointFrom?: string) {
    const epochs = new Set<number>();
    const lines: string[] = [];
    const context = points.context(NET, {
      checkpointFile: join(folder, file),
      ...(checkpointFrom === undefined ? {} : { checkpointFrom }),
      progress: (_fraction, _message, values) => values?.['epoch'] !== undefined && epochs.add(values['epoch']),
      log: (line) => lines.push(line),
    });
    const { model, summary } =
      pass === 'train'
        ? await trainPass.run(context, TrainOptions.parse({ ...EVERY, ...options }))
        : await distillPass.run(context, DistillOptions.parse({ ...EVERY, ...options }));
    return { bytes: Buffer.from(writeModel(model!)), epochs: [...epochs], summary, lines };
  }

  it.each(TRAININGS)(
    'goes on from where a shorter one ended, to the bytes of a run from the start: %s',
    async (what, pass, options) => {
      const short = await run(pass, { ...options, epochs: SHORT }, what);
      const long = await run(pass, { ...options, epochs: LONG }, what, OTHER_JOB);
      const whole = await run(pass, { ...options, epochs: LONG }, `${what}, whole`);
      expect(short.epochs).toEqual([1, 2]);
      expect(long.epochs).toEqual([3, 4, 5]);
      expect(whole.epochs).toEqual([1, 2, 3, 4, 5]);
      expect(long.bytes.equals(whole.bytes)).toBe(true);
      expect(long.bytes.equals(short.bytes)).toBe(false);
      expect([short, long, whole].map(({ summary }) => summary['epochsRun'])).toEqual([2, 3, 5]);
      expect(long.summary['wentOnFrom']).toEqual({ job: OTHER_JOB, epoch: SHORT });
      expect(long.lines).toContain(`went on from epoch 2 of job ${OTHER_JOB}`);
      expect(whole.summary).not.toHaveProperty('wentOnFrom');
      expect(long.summary['epochs']).toHaveLength(LONG);
    },
  );

  it.each([
    ['a cosine over the run', { schedule: 'cosine' }],
    ['a warm-up that is a share of the run', { warmup: 0.1 }],
  ])('runs from its start where the learning rate follows from its length: %s', async (what, options) => {
    await run('train', { ...options, epochs: SHORT }, what);
    const long = await run('train', { ...options, epochs: LONG }, what, OTHER_JOB);
    expect(long.epochs).toEqual([1, 2, 3, 4, 5]);
    expect(long.summary).not.toHaveProperty('wentOnFrom');
  });
});

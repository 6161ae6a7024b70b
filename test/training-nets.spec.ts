import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CATALOG } from '#compression';
import { TrainOptions } from '#contracts';
import { openDataset, writeNpz } from '#datasets';
import { readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import { NETS } from './training-nets.js';

const EXAMPLES = resolve(__dirname, '../examples');
const SAMPLES = 64;
/** Those of the digits: a net may tell more apart than the samples show. */
const CLASSES = 10;

describe('training by gradient rules', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-nets-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(Object.entries(NETS))('lowers the loss of %s', async (_, { dims, build }) => {
    const { firstLoss, lastLoss } = await train(build(), dims, 40);
    expect(lastLoss).toBeLessThan(0.7 * firstLoss);
  });

  it.each([
    ['seed-net/seed-net.onnx', [1, 32, 32]],
    ['lenet/lenet-5.onnx', [1, 28, 28]],
    ['lenet/lenet-300-100.onnx', [1, 28, 28]],
  ])('lowers the loss of examples/%s', async (path, dims) => {
    const { firstLoss, lastLoss } = await train(readModel(await readFile(join(EXAMPLES, path))), dims, 8);
    expect(lastLoss).toBeLessThan(0.7 * firstLoss);
  });

  /** Passes over waves whose frequency tells the class, in noise, from fresh weights. */
  async function train(
    model: ModelProto,
    dims: number[],
    epochs: number,
  ): Promise<{ firstLoss: number; lastLoss: number }> {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const random = randomNumbers(8);
    const wave = (label: number, i: number) => Math.sin((i * (label + 1) * Math.PI) / (CLASSES + 1));
    const x = Float32Array.from(
      { length: SAMPLES * size },
      (__, i) => wave(Math.floor(i / size) % CLASSES, i % size) + 0.5 * (random() - 0.5),
    );
    const y = BigInt64Array.from({ length: SAMPLES }, (__, i) => BigInt(i % CLASSES));
    await writeFile(
      join(folder, 'data.npz'),
      writeNpz({ x: { dtype: 'f4', dims: [SAMPLES, ...dims], data: x }, y: { dtype: 'i8', dims: [SAMPLES], data: y } }),
    );
    await writeFile(
      join(folder, 'dataset.json'),
      JSON.stringify({
        name: 'patterns',
        inputs: { '*': { array: 'x' } },
        labels: { array: 'y', classes: CLASSES },
        splits: { train: { file: 'data.npz' } },
      }),
    );
    const data = await openDataset(folder);
    try {
      const quiet = { progress: () => undefined, log: () => undefined };
      const baseline = writeModel(model);
      const context = {
        model,
        baseline,
        history: [baseline],
        models: new Map(),
        data,
        seed: 4,
        threads: 1,
        outputPath: folder,
        ...quiet,
      };
      const { summary } = await CATALOG.train.run(
        context,
        TrainOptions.parse({ epochs, batchSize: 16, learningRate: 0.01 }),
      );
      return summary as { firstLoss: number; lastLoss: number };
    } finally {
      await data.close();
    }
  }
});

import { mkdtemp, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { DistillOptions, PruneOptions, QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { scoreModels } from '#evaluation';
import { Session } from '#inference';
import { GraphBuilder, cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import type { PassContext } from '../pass.js';
import { prune } from '../prune-pass/prune.js';
import { quantize } from '../quantize/quantize.js';
import { distill } from './distill.js';

const EXAMPLES = join(process.cwd(), 'examples');

/** One hidden layer of 48 units on pictures of 32 x 32. */
function smallNet(): ModelProto {
  const random = randomNumbers(4);
  const b = new GraphBuilder();
  const weight = (rows: number, columns: number) => b.float(Float32Array.from({ length: rows * columns }, () => (random() * 2 - 1) * Math.sqrt(3 / rows)), [rows, columns]);
  const hidden = b.op('Relu', [b.op('Gemm', [b.op('Flatten', [b.input('input', ['n', 1, 32, 32])]), weight(1024, 48), b.float(new Float32Array(48))])]);
  b.output(b.op('Gemm', [hidden, weight(48, 10), b.float(new Float32Array(10))], {}, { outputs: ['logits'] }), ['n', 10]);
  return b.build();
}

describe('distillation from seed-net on 600 digits', () => {
  let folder: string;
  let data: Dataset;
  let teacher: Uint8Array;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-digits-'));
    teacher = await readFile(join(EXAMPLES, 'seed-net/seed-net.onnx'));
    for (const split of ['train', 'test']) await copyFile(join(EXAMPLES, `seed-net/mnist-${split}.npz`), join(folder, `${split}.npz`));
    const manifest = {
      name: 'digits',
      inputs: { '*': { array: 'x', preprocess: [{ op: 'reshape', dims: [1, 28, 28] }, { op: 'pad', pads: [0, 2, 2, 0, 2, 2] }, { op: 'scale', factor: 1 / 255 }] } },
      labels: { array: 'y', classes: 10 },
      splits: { train: { file: 'train.npz', count: 600 }, test: { file: 'test.npz', count: 1000 } },
    };
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
    data = await openDataset(folder);
  });
  afterAll(async () => {
    await data.close();
    await rm(folder, { recursive: true });
  });

  function context(model: ModelProto): PassContext {
    return { model: cloneModel(model), baseline: teacher, history: [teacher], data, seed: 1, threads: 1, outputPath: folder, progress: () => undefined, log: () => undefined };
  }

  async function taught(model: ModelProto, options: z.input<typeof DistillOptions>): Promise<number> {
    return top1((await distill.run(context(model), DistillOptions.parse(options))).model!);
  }

  async function top1(model: ModelProto): Promise<number> {
    const session = await Session.create(writeModel(model));
    const { scores } = await scoreModels([session], data.bindInputs(['input']).batches('test', { batchSize: 250 }), 10);
    await session.release();
    return scores[0]!.top1!;
  }

  it('makes a small net better than labels alone do', async () => {
    const training = { epochs: 12, batchSize: 32, learningRate: 3e-3 };
    const [plain, distilled] = [await taught(smallNet(), { ...training, alpha: 0 }), await taught(smallNet(), { ...training, alpha: 0.9, temperature: 4 })];
    expect(distilled).toBeGreaterThan(plain + 0.005);
  });

  it('gives back what zeros in 95 % of the weights cost', async () => {
    const { model } = await prune.run(context(readModel(teacher)), PruneOptions.parse({ granularity: 'weight', ratio: 0.95 }));
    const before = await top1(model!);
    const after = await taught(model!, { epochs: 2, batchSize: 32 });
    expect(after).toBeGreaterThan(before + 0.1);
  });

  it('gives back some of what weights of one bit cost, learning their scales', async () => {
    const { model } = await quantize.run(context(readModel(teacher)), QuantizeOptions.parse({ weightFormat: 'binary' }));
    const before = await top1(model!);
    const after = await taught(model!, { epochs: 8, batchSize: 32, learnScales: true });
    expect(after).toBeGreaterThan(before + 0.02);
  });
});

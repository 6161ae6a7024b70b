import { mkdtemp, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { DistillOptions, PruneOptions, QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { Session } from '#inference';
import { GraphBuilder, cloneModel, readModel, writeModel, type ModelProto } from '#onnx';
import { randomNumbers } from '#testing';
import type { PassContext } from '../../pass.js';
import { prunePass } from '../prune/prune.js';
import { quantizePass } from '../quantize/quantize.js';
import { distillPass } from './distill.js';

const EXAMPLES = join(process.cwd(), 'examples');

/** One hidden layer of 48 units on pictures of 32 x 32. */
function smallNet(): ModelProto {
  const random = randomNumbers(4);
  const b = new GraphBuilder();
  const weight = (rows: number, columns: number) =>
    b.float(
      Float32Array.from({ length: rows * columns }, () => (random() * 2 - 1) * Math.sqrt(3 / rows)),
      [rows, columns],
    );
  const hidden = b.op('Relu', [
    b.op('Gemm', [
      b.op('Flatten', [b.input('input', ['n', 1, 32, 32])]),
      weight(1024, 48),
      b.float(new Float32Array(48)),
    ]),
  ]);
  b.output(b.op('Gemm', [hidden, weight(48, 10), b.float(new Float32Array(10))], {}, { outputs: ['logits'] }), [
    'n',
    10,
  ]);
  return b.build();
}

describe('distillation from seed-net on 300 digits', () => {
  let folder: string;
  let data: Dataset;
  let teacher: Uint8Array;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-digits-'));
    teacher = await readFile(join(EXAMPLES, 'seed-net/seed-net.onnx'));
    for (const split of ['train', 'test'])
      await copyFile(join(EXAMPLES, `seed-net/mnist-${split}.npz`), join(folder, `${split}.npz`));
    const manifest = {
      name: 'digits',
      inputs: {
        '*': {
          array: 'x',
          preprocess: [
            { op: 'reshape', dims: [1, 28, 28] },
            { op: 'pad', pads: [0, 2, 2, 0, 2, 2] },
            { op: 'scale', factor: 1 / 255 },
          ],
        },
      },
      labels: { array: 'y', classes: 10 },
      splits: { train: { file: 'train.npz', count: 300 }, test: { file: 'test.npz', count: 1000 } },
    };
    await writeFile(join(folder, 'dataset.json'), JSON.stringify(manifest));
    data = await openDataset(folder);
  });
  afterAll(async () => {
    await data.close();
    await rm(folder, { recursive: true });
  });

  function context(model: ModelProto): PassContext {
    return {
      model: cloneModel(model),
      baseline: teacher,
      history: [teacher],
      data,
      seed: 1,
      threads: 1,
      outputPath: folder,
      progress: () => undefined,
      log: () => undefined,
    };
  }

  async function taught(model: ModelProto, options: z.input<typeof DistillOptions>): Promise<Figures> {
    return figures((await distillPass.run(context(model), DistillOptions.parse(options))).model!);
  }

  /** On 1,000 test digits; the loss moves smoothly where the share of right ones jumps by whole digits. */
  interface Figures {
    top1: number;
    loss: number;
  }

  async function figures(model: ModelProto): Promise<Figures> {
    const session = await Session.create(writeModel(model));
    let [right, loss, count] = [0, 0, 0];
    for await (const { inputs, labels, size } of data.bindInputs(['input']).batches('test', { batchSize: 250 })) {
      const logits = Object.values(await session.run(inputs))[0]!.data as Float32Array;
      for (let i = 0; i < size; i++, count++) {
        const row = logits.subarray(i * 10, i * 10 + 10);
        const [most, own] = [Math.max(...row), row[labels![i]!]!];
        right += Number(own === most);
        loss += Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0)) + most - own;
      }
    }
    await session.release();
    return { top1: right / count, loss: loss / count };
  }

  it('makes a small net better than labels alone do', async () => {
    const training = { epochs: 20, batchSize: 25, learningRate: 3e-3 };
    const [plain, distilled] = [
      await taught(smallNet(), { ...training, alpha: 0 }),
      await taught(smallNet(), { ...training, alpha: 0.9, temperature: 4 }),
    ];
    // 0.617 and 0.519, and 37 digits more: about half of the difference is asked for.
    expect(distilled.loss).toBeLessThan(0.92 * plain.loss);
    expect(distilled.top1).toBeGreaterThan(plain.top1 + 0.01);
  });

  it('gives back what zeros in 95 % of the weights cost', async () => {
    const { model } = await prunePass.run(
      context(readModel(teacher)),
      PruneOptions.parse({ granularity: 'weight', ratio: 0.95 }),
    );
    const before = await figures(model!);
    const after = await taught(model!, { epochs: 3, batchSize: 32 });
    expect(after.top1).toBeGreaterThan(before.top1 + 0.1);
  });

  it('gives back some of what weights of one bit cost, learning their scales', async () => {
    const { model } = await quantizePass.run(
      context(readModel(teacher)),
      QuantizeOptions.parse({ weightFormat: 'binary' }),
    );
    const before = await figures(model!);
    const after = await taught(model!, { epochs: 4, batchSize: 32, learnScales: true });
    // Some two fifths of the loss go.
    expect(after.loss).toBeLessThan(0.75 * before.loss);
  });
});

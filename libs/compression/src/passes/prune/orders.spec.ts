import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { DistillOptions, PruneOptions, QuantizeOptions } from '#contracts';
import { openDataset, type Dataset } from '#datasets';
import { Session } from '#inference';
import { Graph, ModelProtoSchema, readWeight, weightSites, type ModelProto } from '#onnx';
import { stageContext } from '../../context.fixture.js';
import { distillPass } from '../distill/distill.js';
import type { PassContext } from '../../pass.js';
import { quantizePass } from '../quantize/quantize.js';
import { prunePass } from './prune.js';

const EXAMPLE = join(__dirname, '../../../../../examples/seed-net');

type Step = 'quantize' | 'prune' | 'distill';

describe('quantize, prune and distill on seed-net', () => {
  let data: Dataset;
  let outputPath: string;
  let baseline: Uint8Array;

  beforeAll(async () => {
    outputPath = await mkdtemp(join(tmpdir(), 'coldpress-'));
    data = await openDataset(await excerpt(outputPath));
    baseline = await readFile(join(EXAMPLE, 'seed-net.onnx'));
  });

  afterAll(async () => {
    await data.close();
    await rm(outputPath, { recursive: true });
  });

  const contextOf = (model: ModelProto): PassContext =>
    stageContext(model, { baseline, history: [baseline], data, outputPath });

  const steps: Record<Step, (model: ModelProto, options: Partial<PruneOptions>) => Promise<ModelProto>> = {
    quantize: async (model) =>
      (await quantizePass.run(contextOf(model), QuantizeOptions.parse({ samples: 32 }))).model!,
    prune: async (model, options) => (await prunePass.run(contextOf(model), PruneOptions.parse(options))).model!,
    distill: async (model) => (await distillPass.run(contextOf(model), DistillOptions.parse({ epochs: 1 }))).model!,
  };

  const ORDERS: Step[][] = [
    ['quantize', 'prune', 'distill'],
    ['quantize', 'distill', 'prune'],
    ['prune', 'quantize', 'distill'],
    ['prune', 'distill', 'quantize'],
    ['distill', 'quantize', 'prune'],
    ['distill', 'prune', 'quantize'],
  ];

  it.each(ORDERS)('%s, %s, %s: the result runs, is narrow and is int8', async (...order) => {
    const model = await apply(order, { ratio: 0.5 });
    const sites = weightSites(new Graph(model));
    expect(sites.map(({ dims }) => dims)).toEqual(
      [
        [16, 1, 3, 3],
        [32, 16, 3, 3],
        [56, 1152],
        [10, 56],
      ].map((dims) => expect.arrayContaining(dims)),
    );
    expect(sites.filter(({ storage }) => storage.kind === 'quantized').length).toBeGreaterThanOrEqual(3);
    expect(await top1(model)).toBeGreaterThan(order.indexOf('distill') > order.indexOf('prune') ? 0.5 : 0.2);
  });

  it.each(ORDERS)('%s, %s, %s: the result runs, is sparse and is int8', async (...order) => {
    const graph = new Graph(await apply(order, { granularity: 'weight', ratio: 0.6 }));
    const weights = weightSites(graph).map(({ weight }) => readWeight(graph, weight)!);
    const [zeros, elements] = [
      weights.reduce((sum, { values }) => sum + values.filter((value) => value === 0).length, 0),
      weights.reduce((sum, { values }) => sum + values.length, 0),
    ];
    expect(zeros / elements).toBeGreaterThanOrEqual(0.599);
    expect(weights.filter(({ storage }) => storage.kind === 'quantized').length).toBeGreaterThanOrEqual(3);
    expect(await top1(graph.model)).toBeGreaterThan(0.8);
  });

  it('a gradual schedule that recovers in between beats one shot at 95 % zeros', async () => {
    const options: Partial<PruneOptions> = { granularity: 'weight', ratio: 0.95 };
    const [oneShot, gradual] = [
      await apply(['prune'], options),
      await apply(['prune'], { ...options, schedule: 'gradual', steps: 2, recoverEpochs: 1 }),
    ];
    // 20 digits of the 200 and more.
    expect(await top1(gradual)).toBeGreaterThan((await top1(oneShot)) + 0.1);
  });

  async function apply(order: readonly Step[], options: Partial<PruneOptions>): Promise<ModelProto> {
    let model = fromBinary(ModelProtoSchema, baseline);
    for (const step of order) model = await steps[step](model, options);
    return model;
  }

  async function top1(model: ModelProto): Promise<number> {
    const session = await Session.create(toBinary(ModelProtoSchema, model));
    let [right, seen] = [0, 0];
    for await (const { inputs, labels, size } of data
      .bindInputs(['input'])
      .batches('test', { batchSize: 200, limit: 200 })) {
      const logits = (await session.run(inputs))['logits']!.data as Float32Array;
      for (let i = 0; i < size; i++, seen++)
        if (indexOfGreatest(logits.subarray(i * 10, i * 10 + 10)) === labels![i]) right++;
    }
    await session.release();
    return right / seen;
  }
});

/** The example's data set, short of most of its training digits. */
async function excerpt(folder: string): Promise<string> {
  const manifest = await readFile(join(EXAMPLE, 'dataset.yaml'), 'utf8');
  await writeFile(
    join(folder, 'dataset.yaml'),
    manifest.replace('train: { file: mnist-train.npz }', 'train: { file: mnist-train.npz, count: 192 }'),
  );
  for (const file of ['mnist-train.npz', 'mnist-test.npz']) await copyFile(join(EXAMPLE, file), join(folder, file));
  return folder;
}

function indexOfGreatest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}

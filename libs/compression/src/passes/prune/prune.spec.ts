import { readFileSync } from 'node:fs';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { PruneOptions } from '#contracts';
import { describeSpeedup } from '#evaluation';
import { Session, float32, type HostTensors } from '#inference';
import { DataType, Graph, GraphBuilder, ModelProtoSchema, tensorDims, writeModel, type ModelProto } from '#onnx';
import type { PassContext } from '../../pass.js';
import type { Gains } from './gains.js';
import { prunePass } from './prune.js';

const SEED_NET = 'examples/seed-net/seed-net.onnx';
const seedNet = () => fromBinary(ModelProtoSchema, readFileSync(SEED_NET));
const image = {
  input: float32(
    [2, 1, 32, 32],
    Float32Array.from({ length: 2048 }, (_, i) => Math.abs(Math.sin(i))),
  ),
};

function contextOf(model: ModelProto): PassContext {
  return {
    model,
    baseline: new Uint8Array(),
    history: [],
    data: null,
    seed: 1,
    threads: 1,
    outputPath: '.',
    progress: () => undefined,
    log: () => undefined,
  };
}

async function run(model: ModelProto, feeds: HostTensors): Promise<Float32Array> {
  const session = await Session.create(toBinary(ModelProtoSchema, model));
  const outputs = await session.run(feeds);
  await session.release();
  return outputs[model.graph!.output[0]!.name]!.data as Float32Array;
}

const pruned = async (model: ModelProto, options: Partial<PruneOptions>) =>
  prunePass.run(contextOf(model), PruneOptions.parse(options));

describe('prune', () => {
  it('shrinks the tensors of seed-net by half, through Flatten, and the result runs', async () => {
    const { model, summary, skipped } = await pruned(seedNet(), { ratio: 0.5 });
    const dims = Object.fromEntries(model!.graph!.initializer.map((tensor) => [tensor.name, tensorDims(tensor)]));
    expect(dims).toMatchObject({
      'conv1.weight': [16, 1, 3, 3],
      'conv2.weight': [32, 16, 3, 3],
      'fc1.weight': [56, 1152],
      'fc2.weight': [10, 56],
    });
    expect(await run(model!, image)).toHaveLength(20);
    expect(skipped).toEqual([
      expect.objectContaining({ node: '/fc2/Gemm', reason: expect.stringContaining('graph output') }),
    ]);
    expect(summary).toMatchObject({ verdict: expect.stringContaining('smaller on disk') });
  });

  it.each(['channel', 'weight', 'block'] as const)(
    'leaves the output bit-identical at ratio 0 (%s)',
    async (granularity) => {
      const expected = await run(seedNet(), image);
      const { model } = await pruned(seedNet(), { granularity, ratio: 0 });
      expect(await run(model!, image)).toEqual(expected);
    },
  );

  it('says before the run which layers it would leave alone', () => {
    const options = PruneOptions.parse({ exclude: ['/conv1/Conv'] });
    expect(prunePass.preflight(seedNet(), options).map(({ node }) => node)).toEqual(['/conv1/Conv', '/fc2/Gemm']);
    expect(
      prunePass.preflight(seedNet(), PruneOptions.parse({ granularity: 'layer' })).map(({ node }) => node),
    ).toEqual(['/fc2/Gemm']);
  });

  it('keeps an excluded layer whole', async () => {
    const { model } = await pruned(seedNet(), { exclude: ['/conv2/Conv'] });
    expect(tensorDims(new Graph(model!).initializer('conv2.weight')!)).toEqual([64, 32, 3, 3]);
  });

  it('spreads a global ratio over layers by their scores', async () => {
    const { summary } = await pruned(seedNet(), { scope: 'global', multipleOf: 1 });
    const groups = summary.groups as { channels: number; removed: number }[];
    const [removed, channels] = [
      groups.reduce((sum, group) => sum + group.removed, 0),
      groups.reduce((sum, group) => sum + group.channels, 0),
    ];
    expect(removed / channels).toBeCloseTo(0.5, 1);
  });

  it('writes zeros in every layer and says what they are worth', async () => {
    const { summary } = await pruned(seedNet(), { granularity: 'weight', ratio: 0.9 });
    expect(summary.sparsity).toBeCloseTo(0.9, 2);
    expect(summary.verdict).toMatch(
      /^90 % sparse, 0 % smaller on disk, \d+(\.\d)? % smaller once compressed for transfer, (\d+\.\d\dx as fast on this machine|no difference in speed )/,
    );
  });

  it('tells the zeros of what it prunes from those of the whole model', async () => {
    const b = new GraphBuilder();
    const table = b.op('Gather', [
      b.float(
        Array.from({ length: 640 }, (_, i) => Math.sin(i + 1)),
        [40, 16],
      ),
      b.input('ids', ['n'], DataType.INT64),
    ]);
    b.op(
      'MatMul',
      [
        table,
        b.float(
          Array.from({ length: 160 }, (_, i) => Math.cos(i)),
          [16, 10],
        ),
      ],
      {},
      { outputs: [b.output('y', ['n', 10])] },
    );
    const model = b.build();
    const { summary } = await pruned(model, { granularity: 'weight', ratio: 0.5 });
    expect(summary).toMatchObject({ sparsity: 0.5, modelSparsity: expect.closeTo(0.1, 5) });
    expect(summary.verdict).toMatch(
      /^50 % sparse in the one layer that can be pruned \(10 % of all parameters are zero\), /,
    );
    const none = await pruned(model, { granularity: 'weight', exclude: ['*'] });
    expect(none.summary.verdict).toBe('nothing was zeroed: every layer was left alone, see skipped for the reasons');
  });

  it('refuses before a job is accepted what runs on no generated input, where shapes decide what goes', async () => {
    const b = new GraphBuilder();
    const x = b.op('Cast', [b.input('x', ['n', 2], DataType.STRING)], { to: DataType.FLOAT });
    b.op('MatMul', [x, b.float([1, 2, 3, 4], [2, 2])], {}, { outputs: [b.output('y', ['n', 2])] });
    const ask = (granularity: 'channel' | 'layer' | 'weight') =>
      prunePass.trial!(b.build(), PruneOptions.parse({ granularity }), { models: new Map(), data: null });
    for (const granularity of ['channel', 'layer'] as const) {
      expect(await ask(granularity)).toEqual([
        { field: '', message: expect.stringContaining('prune with granularity "weight"') },
      ]);
    }
    expect(await ask('weight')).toEqual([]);
    expect((await pruned(b.build(), { granularity: 'weight' })).summary.sparsity).toBe(0.5);
  });

  it.each(['iterative', 'gradual'] as const)(
    'reaches the same sparsity and widths by a schedule (%s)',
    async (schedule) => {
      expect((await pruned(seedNet(), { granularity: 'weight', ratio: 0.8, schedule })).summary.sparsity).toBeCloseTo(
        0.8,
        2,
      );
      const { model } = await pruned(seedNet(), { ratio: 0.5, schedule, steps: 2, multipleOf: 1 });
      expect(tensorDims(new Graph(model!).initializer('conv2.weight')!)).toEqual([32, 16, 3, 3]);
    },
  );

  it.each(['iterative', 'gradual'] as const)(
    'makes up in later steps for those too small to remove a whole multiple of channels (%s)',
    async (schedule) => {
      const { model } = await pruned(seedNet(), { ratio: 0.5, schedule, steps: 8, multipleOf: 16 });
      const dims = tensorDims(new Graph(model!).initializer('conv2.weight')!);
      expect(dims[0]).toBeLessThan(64);
    },
  );

  it('says that seed-net has no layer to drop, and refuses a schedule for that', async () => {
    const { summary, skipped } = await pruned(seedNet(), { granularity: 'layer' });
    expect(summary).toMatchObject({ blocks: [], verdict: expect.stringContaining('nothing was removed') });
    expect(skipped).toHaveLength(4);
    await expect(pruned(seedNet(), { granularity: 'layer', schedule: 'gradual' })).rejects.toThrow(
      /take schedule one-shot/,
    );
  });

  it.each(['one-shot', 'iterative'] as const)(
    'takes no more of a layer than its limit allows (%s)',
    async (schedule) => {
      const options = {
        layerLimits: { '/conv*': 0.25, '/fc1/*': 0 },
        schedule,
        ...(schedule === 'one-shot' ? {} : { steps: 2 }),
      };
      const channels = await pruned(seedNet(), { ...options, multipleOf: 1 });
      expect(new Graph(channels.model!).initializer('conv2.weight')!.dims).toEqual([48n, 24n, 3n, 3n]);
      expect(new Graph(channels.model!).initializer('fc2.weight')!.dims).toEqual([10n, 100n]);
      const weights = await pruned(seedNet(), { ...options, granularity: 'weight', scope: 'layer', ratio: 0.9 });
      const sparsity = (weights.summary.layers as { sparsity: number }[]).map((layer) => layer.sparsity);
      expect(sparsity.map((share) => share > 0.26)).toEqual([false, false, false, true]);
      expect(sparsity[2]).toBeLessThan(0.01);
    },
  );

  it('gives the tensors of a channel the weights that are asked for', async () => {
    const histograms = await Promise.all(
      (['equal', 'size', 'macs'] as const).map(async (groupWeights) =>
        JSON.stringify((await pruned(seedNet(), { groupWeights })).summary.groups),
      ),
    );
    expect(new Set(histograms).size).toBe(3);
  });

  it('compares what was removed with the written file and with measured times', async () => {
    const { model, summary } = await pruned(seedNet(), { ratio: 0.5 });
    const { bytes, speed } = summary.gains as Gains;
    expect(bytes).toEqual({ before: writeModel(seedNet()).length, after: writeModel(model!).length });
    expect(Math.min(speed!.beforeMs, speed!.afterMs)).toBeGreaterThan(0);
    expect(speed!.low!).toBeLessThanOrEqual(speed!.speedup);
    expect(speed!.high!).toBeGreaterThanOrEqual(speed!.speedup);
    expect(summary.verdict).toContain(describeSpeedup(speed!));
  });

  it('keeps 2 of every 4 inputs', async () => {
    const { summary } = await pruned(seedNet(), { granularity: 'n:m', exclude: ['/conv1/Conv'] });
    expect(summary.sparsity).toBeCloseTo(0.5, 3);
  });
});

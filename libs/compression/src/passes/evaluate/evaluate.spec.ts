import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvaluateOptions } from '#contracts';
import { openDataset, writeNpz, type Dataset } from '#datasets';
import { DataType, GraphBuilder, makeTensor, readModel, writeModel, type Dim } from '#onnx';
import type { PassContext } from '../../pass.js';
import { evaluatePass } from './evaluate.js';

const SEED_NET = join(process.cwd(), 'examples/seed-net');
const QUICK = { latencyRuns: 5, warmupRuns: 1 };

/** logits = x · diag(scales): class c wins where x[c] · scales[c] is the highest. */
function scaledModel(scales: readonly number[], batch: Dim = 'batch'): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', [batch, scales.length]);
  const diagonal = scales.flatMap((scale, row) => scales.map((_, column) => (row === column ? scale : 0)));
  graph.op(
    'MatMul',
    [x, graph.float(diagonal, [scales.length, scales.length])],
    {},
    { outputs: [graph.output('logits', [batch, scales.length])] },
  );
  return writeModel(graph.build());
}

function context(
  history: readonly Uint8Array[],
  data: Dataset | null,
  progress: PassContext['progress'] = () => undefined,
): PassContext {
  return {
    model: readModel(history.at(-1)!),
    baseline: history[0]!,
    history,
    data,
    seed: 0,
    threads: 1,
    outputPath: '',
    progress,
    log: () => undefined,
  };
}

const run = (history: readonly Uint8Array[], data: Dataset | null, options: Partial<EvaluateOptions> = {}) =>
  evaluatePass.run(context(history, data), EvaluateOptions.parse({ ...QUICK, ...options }));

describe('evaluate', () => {
  let folder: string;

  /** Five samples of two features; class 0 is right for the first three. */
  async function small(labels = true): Promise<Dataset> {
    writeFileSync(
      join(folder, 'data.npz'),
      writeNpz({
        x: { dtype: 'f4', dims: [5, 2], data: Float32Array.of(3, 1, 3, 1, 3, 2, 1, 3, 1, 2) },
        y: { dtype: 'i8', dims: [5], data: BigInt64Array.of(0n, 0n, 0n, 1n, 1n) },
      }),
    );
    const manifest = {
      name: 'small',
      inputs: { '*': { array: 'x' } },
      ...(labels ? { labels: { array: 'y', classes: 2 } } : {}),
      splits: { test: { file: 'data.npz' } },
    };
    writeFileSync(join(folder, 'dataset.json'), JSON.stringify(manifest));
    return openDataset(folder);
  }

  it('measures a classifier as skl2onnx writes it, and says of which outputs it compares nothing', async () => {
    const b = new GraphBuilder();
    b.op('MatMul', [b.input('x', ['n', 2]), b.float([1, 0, 0, 1], [2, 2])], {}, { outputs: [b.output('p', ['n', 2])] });
    b.op('ArgMax', ['p'], { axis: 1, keepdims: 0 }, { outputs: [b.output('label', ['n'], DataType.INT64)] });
    b.op('SequenceConstruct', ['p'], {}, { outputs: [b.output('maps', undefined, DataType.UNDEFINED)] });
    const { history, skipped } = await run([writeModel(b.build())], await small());
    expect(history?.[0]).toMatchObject({ top1: 1, agreement: 1 });
    expect(skipped).toContainEqual({ node: 'label', reason: expect.stringMatching(/not compared: it holds int64/) });
    expect(skipped).toContainEqual({ node: 'maps', reason: expect.stringMatching(/a sequence or a map.*zipmap/) });
  });

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'coldpress-evaluate-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('feeds a model of halves, and measures its outputs as numbers', async () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', ['batch', 2], DataType.FLOAT16);
    graph.op(
      'Mul',
      [x, graph.initializer(makeTensor('half', DataType.FLOAT16, [1], Uint16Array.of(0x3800)))],
      {},
      { outputs: [graph.output('logits', ['batch', 2], DataType.FLOAT16)] },
    );
    const data = await small();
    const manifest = { ...data.manifest, inputs: { '*': { array: 'x', preprocess: [{ op: 'cast', to: 'float16' }] } } };
    writeFileSync(join(folder, 'dataset.json'), JSON.stringify(manifest));
    const halves = await openDataset(folder);
    const { history } = await run([writeModel(graph.build())], halves);
    expect(history?.[0]).toMatchObject({ top1: 1 });
    await halves.close();
    await data.close();
  });

  it('finds what the example net is known for: 43 errors on 2,000 digits', async () => {
    const model = readFileSync(join(SEED_NET, 'seed-net.onnx'));
    const data = await openDataset(SEED_NET);
    const { model: changed, history, summary } = await run([model], data);
    expect(changed).toBeNull();
    expect(history).toHaveLength(1);
    expect(history![0]).toMatchObject({
      bytes: model.length,
      top1: 0.9785,
      outputSnrDb: null,
      parameters: expect.any(Number),
    });
    expect(history![0]!.top5).toBeGreaterThan(0.99);
    expect(history![0]!.compressedBytes).toBeLessThan(model.length);
    expect(history![0]!.latencySamplesMs).toHaveLength(5);
    expect(summary).toMatchObject({ split: 'test', samples: 2000, scoreOutput: 'logits' });
    await data.close();
  });

  it('measures every model of the history against the baseline, those of equal bytes once', async () => {
    const baseline = scaledModel([1, 1]);
    const biased = scaledModel([1, 1.75]);
    const { history, summary, skipped } = await run([baseline, biased, Uint8Array.from(baseline)], await small(), {
      batchSize: 2,
    });
    expect(history!.map(({ top1 }) => top1)).toEqual([1, 0.8, 1]);
    expect(history!.map(({ outputSnrDb }) => outputSnrDb === null)).toEqual([true, false, true]);
    expect(history![2]).toEqual(history![0]);
    expect(summary).toMatchObject({ distinctModels: 2 });
    const missing = skipped.filter(({ reason }) => !reason.startsWith('no interval: 5 samples'));
    expect(missing).toEqual([{ node: 'top5', reason: 'not measured: there are only 2 classes' }]);
  });

  it('says of each latency what it is against the baseline, and of the last in words, with what noise leaves of it', async () => {
    const [baseline, other] = [scaledModel([1, 1]), scaledModel([1, 1.75])];
    const { history, summary } = await run(
      [baseline, other, Uint8Array.from(baseline), scaledModel([2, 2])],
      await small(),
      { latencyRuns: 40 },
    );
    expect(history!.map(({ latencyRatio }) => latencyRatio !== undefined)).toEqual([false, true, false, true]);
    const { ratio, low, high } = history![3]!.latencyRatio!;
    expect([low! <= ratio, ratio <= high!]).toEqual([true, true]);
    expect(summary.latency).toMatchObject({ runs: 40, quick: true, order: 'random in blocks' });
    expect(summary.verdict).toMatch(
      /^the last model against the baseline: .* before and .* after.*all 2 models hold together; a quick measurement of 40 runs each$/,
    );
    const few = await run([baseline, other], await small());
    expect(few.history![1]!.latencyRatio).toMatchObject({
      low: null,
      verdict: 'inconclusive',
      reason: '5 pairs of runs are too few',
    });
    expect((await run([baseline], await small())).summary).not.toHaveProperty('verdict');
  });

  it('reports the SNR alone where there are no labels, and says why', async () => {
    const { history, skipped } = await run([scaledModel([1, 1]), scaledModel([2, 2])], await small(false));
    expect(history![1]).not.toHaveProperty('top1');
    expect(history![1]!.outputSnrDb).toBeCloseTo(0);
    const [quality, interval] = skipped;
    expect(quality).toEqual({ node: 'quality', reason: expect.stringContaining('no labels') });
    expect(interval).toEqual({ node: 'outputSnrDb', reason: expect.stringContaining('no interval: 5 samples') });
    expect(history![1]).toMatchObject({
      agreement: 1,
      intervals: { agreement: { change: { difference: 0, pValue: 1 } } },
    });
  });

  it('says of outputs that are whole numbers that they were not compared', async () => {
    const classOf = () => {
      const graph = new GraphBuilder();
      const best = graph.op('ArgMax', [graph.input('x', ['batch', 2])], { axis: 1, keepdims: 0 });
      graph.op('Identity', [best], {}, { outputs: [graph.output('class', ['batch'], DataType.INT64)] });
      return writeModel(graph.build());
    };
    const { skipped } = await run([classOf(), classOf()], await small(false));
    expect(skipped).toContainEqual({
      node: 'outputSnrDb',
      reason: 'not measured for every model: none of the outputs is a floating-point one',
    });
  });

  it('runs a model of fixed batch with whole batches, and says so', async () => {
    const { summary, skipped } = await run([scaledModel([1, 1], 2)], await small());
    expect(summary).toMatchObject({ samples: 4, latency: { batch: 2 } });
    expect(skipped).toContainEqual({
      node: 'samples',
      reason: expect.stringMatching(/^1 of them were left out: the model takes batches of 2/),
    });
    const all = await run([scaledModel([1, 1], 5)], await small());
    expect(all.skipped.filter(({ node }) => node === 'samples')).toEqual([]);
  });

  it('measures as many samples as it is told to, and moves its progress forward to the end', async () => {
    const seen: number[] = [];
    const options = EvaluateOptions.parse({ ...QUICK, samples: 3, batchSize: 2 });
    const { summary } = await evaluatePass.run(
      context([scaledModel([1, 1])], await small(), (fraction) => seen.push(fraction)),
      options,
    );
    expect(summary).toMatchObject({ samples: 3 });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  it('measures the task that it is told, and refuses one that the labels are not of, or a figure that it cannot have', async () => {
    const { history, summary } = await run([scaledModel([1, 1])], await small(), { task: 'embedding' });
    expect(history![0]).toMatchObject({ cosine: expect.closeTo(1), recallAt1: expect.any(Number) });
    expect(history![0]).not.toHaveProperty('top1');
    expect(summary).toMatchObject({ task: 'embedding', scoreOutput: 'logits' });
    await expect(run([scaledModel([1, 1])], await small(), { task: 'regression' })).rejects.toMatchObject({
      code: 'evaluate_task',
    });
    await expect(run([scaledModel([1, 1])], await small(), { metrics: ['top5'] })).rejects.toMatchObject({
      code: 'evaluate_metric',
      message: 'top5 was asked for and could not be measured: not measured: there are only 2 classes',
    });
  });

  it('runs modules of the recipe only where the operator of the server allows it', async () => {
    const source = 'export default ({ size }) => Array(size).fill(0.5)';
    const options = EvaluateOptions.parse({ ...QUICK, custom: [{ name: 'mine', source }] });
    const job = context([scaledModel([1, 1])], await small());
    await expect(evaluatePass.run(job, options)).rejects.toMatchObject({ code: 'custom_metric_denied' });
    const { history } = await evaluatePass.run({ ...job, customMetrics: true }, options);
    expect(history?.[0]?.custom).toMatchObject({ mine: { value: 0.5 } });
  });

  it('finds before the job is accepted that the outputs are not what the task reads', async () => {
    const data = { inputs: { x: { dims: [2], type: 'float32' } }, classes: 2, splits: { test: 5 } };
    const trial = (task: EvaluateOptions['task']) =>
      evaluatePass.trial!(readModel(scaledModel([1, 1])), EvaluateOptions.parse({ task }), { models: new Map(), data });
    expect(await trial('embedding')).toEqual([]);
    expect(await trial('regression')).toMatchObject([{ field: 'task', message: expect.stringMatching(/2 classes$/) }]);
    expect(await trial('anomaly')).toMatchObject([
      { field: 'task', message: expect.stringContaining('expected one score a sample') },
    ]);
  });

  it('refuses what it cannot measure, saying what to do', async () => {
    await expect(run([scaledModel([1, 1])], null)).rejects.toMatchObject({ code: 'evaluate_data' });
    await expect(run([scaledModel([1, 1], 8)], await small())).rejects.toThrow(/batches of 8 samples/);
    await expect(run([scaledModel([1, 1])], await small(), { split: 'calibration' })).rejects.toMatchObject({
      code: 'dataset_split',
    });
  });
});

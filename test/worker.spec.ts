import type { ChildProcess } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Job } from '#contracts';
import { BenchmarkRepository, StageResultRepository } from '#database';
import { compressedBytes } from '#evaluation';
import { GraphBuilder, writeModel } from '#onnx';
import { convNet } from '#testing';
import { areGone, holdProcess, SHORT_LOCK, stageProcesses, stopWorker, WorkerHarness } from './worker-harness.js';

/** No stage takes longer than a second or two. */
const PASSES = [
  { pass: 'quantize', options: { samples: 32 } },
  { pass: 'prune', options: { granularity: 'weight', ratio: 0.5 } },
  { pass: 'distill', options: { epochs: 1 } },
  { pass: 'evaluate', options: { samples: 200, latencyRuns: 50, warmupRuns: 5 } },
];
const RECIPE = {
  seed: 3,
  passes: PASSES,
  gates: [
    { metric: 'bytes', maxRatio: 0.5 },
    { metric: 'top1', min: 0.999999 },
  ],
};

const digests = (job: Job) => job.stages.map(({ modelDigest }) => modelDigest);
const sizesOf = ({ stages }: Pick<Job, 'stages'>) => stages.map(({ metrics }) => metrics?.compressedBytes);
const states = (job: Job) => job.stages.map(({ state }) => state);

async function bytesOf({ store }: WorkerHarness, digest: string): Promise<Buffer> {
  return Buffer.concat(await (await store.get(digest)).stream.toArray());
}

describe.each(['postgres', 'redis'] as const)('a job on %s', (backend) => {
  let harness: WorkerHarness;
  let worker: ChildProcess;
  let expected: (string | null)[];
  let keys: string[];

  beforeAll(async () => {
    harness = await WorkerHarness.start(backend, SHORT_LOCK);
    worker = await harness.startWorker();
  });
  afterAll(() => harness.stop());

  it('runs from submission to report: figures of every model, gates judged in words, artifacts in the store', async () => {
    const job = await harness.end((await harness.submit(RECIPE)).id);
    expect(job.error).toBeNull();
    expect(states(job)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
    expect(job.baseline).toMatchObject({ top1: expect.any(Number), nonZeros: expect.any(Number) });
    for (const stage of job.stages)
      expect(stage.metrics).toMatchObject({
        top1: expect.any(Number),
        latencyMsP50: expect.any(Number),
        bytes: expect.any(Number),
      });
    expect(job.gates.map(({ passed }) => passed)).toEqual([true, false]);
    expect(job.gates[1]?.explanation).toContain('top-1 accuracy is');
    expect(job.gatesPassed).toBe(false);
    expect(job.stages[3]?.artifacts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['report.json', 'report.md']),
    );
    for (const { digest, bytes } of job.stages.flatMap(({ artifacts }) => artifacts))
      expect((await harness.store.stat(digest))?.bytes).toBe(bytes);
    expected = digests(job);
    keys = job.stages.map(({ key }) => key ?? '');
  });

  it('knows the transfer size of every model when it ends, also where a worker died before it had recorded one, and names the machine of what is cached', async () => {
    const recipe = {
      seed: 31,
      passes: [
        { pass: 'prune', options: { granularity: 'weight', ratio: 0.8 } },
        { pass: 'quantize', options: { samples: 16 } },
      ],
      gates: [{ metric: 'compressedBytes', max: 1 }],
    };
    const job = await harness.end((await harness.submit(recipe)).id);
    const sizes: number[] = [];
    for (const digest of digests(job)) sizes.push(await compressedBytes(await bytesOf(harness, digest!)));
    expect(sizesOf(job)).toEqual(sizes);
    expect(job.gates).toMatchObject([{ passed: false, value: sizes[1] }]);
    const report = JSON.parse(
      (await bytesOf(harness, job.stages[1]!.artifacts.find(({ name }) => name === 'report.json')!.digest)).toString(),
    ) as Pick<Job, 'stages'>;
    expect(sizesOf(report)).toEqual(sizes);

    await harness.database.orm.execute(
      `update stage_results set metrics = metrics - 'compressedBytes' where key = '${job.stages[0]!.key}'`,
    );
    const again = await harness.end((await harness.submit(recipe)).id);
    expect(again.stages.map(({ cached }) => cached)).toEqual([true, true]);
    expect(sizesOf(again)).toEqual(sizes);
    const words = (
      await bytesOf(harness, again.stages[1]!.artifacts.find(({ name }) => name === 'report.md')!.digest)
    ).toString();
    expect(words).toContain(
      `1 prune: result of an earlier run, whose times are those of ${cpus()[0]!.model.trim()}, ${cpus().length} cores`,
    );
  });

  it('links the results of equal stages, and computes again what the store has damaged', async () => {
    const again = await harness.end((await harness.submit(RECIPE)).id);
    expect(again.stages.map(({ cached }) => cached)).toEqual([true, true, true, true]);
    expect(digests(again)).toEqual(expected);

    const [blob] = await filesOf(join(harness.folder, 'store'), expected[1]!);
    await rm(blob!, { force: true });
    await writeFile(blob!, 'not the model');
    const repaired = await harness.end((await harness.submit(RECIPE)).id);
    expect(repaired.stages.map(({ cached }) => cached)).toEqual([true, false, true, true]);
    expect(digests(repaired)).toEqual(expected);
  });

  it.each([0, 1, 2, 3])('resumes with the same digests when its worker is killed in stage %i', async (index) => {
    await forget(harness);
    const { id } = await harness.submit(RECIPE);
    await harness.stageRunning(id, index);
    const children = await stageProcesses(worker);
    await stopWorker(worker, 'SIGKILL');
    worker = await harness.startWorker();
    const job = await harness.end(id);
    expect(states(job)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
    expect(digests(job)).toEqual(expected);
    expect(children.length).toBeGreaterThan(0);
    await areGone(children);
  });

  it('is cancelled in the middle of a training, whose process is killed', async () => {
    const training = await holdProcess(worker);
    const { id } = await harness.submit({
      seed: 3,
      passes: [{ pass: 'train', options: { epochs: 1000, batchSize: 1 } }],
    });
    await training.isAsked();
    training.goOn();
    await harness.event(id, (event) => event.type === 'progress');
    await harness.jobs.cancel(id);
    expect(await harness.end(id)).toMatchObject({ state: 'cancelled', stages: [{ state: 'cancelled' }] });
    await training.isGone();
  });

  it.each([0, 1, 2, 3])('is cancelled in stage %i: the rest never starts, and it can be retried', async (index) => {
    await forget(harness);
    const letGo = await harness.holdStage(keys[index] ?? '');
    const { id } = await harness.submit(RECIPE);
    await harness.stageRunning(id, index);
    await harness.jobs.cancel(id);
    const job = await harness.end(id);
    await letGo();
    expect(job.state).toBe('cancelled');
    expect(states(job)).toEqual([0, 1, 2, 3].map((at) => (at < index ? 'succeeded' : 'cancelled')));
    if (index === 1) {
      const { entry } = await harness.jobs.retry(id);
      await harness.queue.addJobs([entry]);
      await harness.event(id, (event) => event.type === 'job' && event.state === 'succeeded');
      expect(digests(await harness.jobs.require(id))).toEqual(expected);
    }
  });

  it('that waits for a device holds no worker: the only one ends the next job meanwhile', async () => {
    const options = { samples: 50, latencyRuns: 5, warmupRuns: 0, devices: ['nowhere'], benchmark: { quick: true } };
    const waiting = await harness.submit({ seed: 8, passes: [{ pass: 'evaluate', options }] });
    await harness.event(waiting.id, (event) => event.type === 'stage' && event.stage.state === 'succeeded');
    // Its end stands in the queue before that of the next job, which so comes only once it has been put back.
    const next = await harness.submit({ seed: 9, passes: PASSES.slice(0, 1) });
    expect(await harness.end(next.id)).toMatchObject({ state: 'succeeded' });
    expect(await harness.jobs.require(waiting.id)).toMatchObject({ state: 'running' });
    const benchmarks = new BenchmarkRepository(harness.database);
    const [asked] = await benchmarks.ofJob(waiting.id);
    await benchmarks.failWaiting(asked?.id ?? '', { code: 'benchmark_queued', message: 'nobody came' });
    await harness.queue.wakeFinish(await harness.jobs.queueEntry(waiting.id));
    expect(await harness.end(waiting.id)).toMatchObject({ state: 'succeeded' });
  });

  it('is enqueued at the start of a worker when it was accepted just before a crash', async () => {
    await stopWorker(worker, 'SIGTERM');
    const { id } = await harness.submit(RECIPE, { enqueue: false });
    worker = await harness.startWorker();
    expect((await harness.end(id)).state).toBe('succeeded');
  });

  it('goes to another worker when its own shuts down in the middle of a stage', async () => {
    await forget(harness);
    const letGo = await harness.holdStage(keys[0] ?? '');
    const { id } = await harness.submit(RECIPE);
    await harness.stageRunning(id, 0);
    await stopWorker(worker, 'SIGTERM');
    await letGo();
    expect((await harness.jobs.require(id)).stages[0]).toMatchObject({
      state: 'waiting',
      error: { code: 'interrupted' },
    });
    worker = await harness.startWorker();
    const job = await harness.end(id);
    expect(digests(job)).toEqual(expected);
  });
});

describe('a stage', () => {
  let harness: WorkerHarness;
  let worker: ChildProcess;

  beforeAll(async () => {
    harness = await WorkerHarness.start('postgres', { concurrency: 2, stageMemoryMb: 512 });
    worker = await harness.startWorker();
  });
  afterAll(() => harness.stop());

  it('is computed once when two jobs need it at the same time', async () => {
    const recipe = { seed: 11, passes: PASSES.slice(0, 2) };
    const [a, b] = await Promise.all([harness.submit(recipe), harness.submit(recipe)]);
    const done = [await harness.end(a.id), await harness.end(b.id)];
    expect(digests(done[0]!)).toEqual(digests(done[1]!));
    for (const index of [0, 1]) expect(done.map((job) => job.stages[index]?.cached).sort()).toEqual([false, true]);
    expect(done[0]?.baseline).toMatchObject({ bytes: expect.any(Number), parameters: expect.any(Number) });
  });

  it('learns from models of the store, without any data set', async () => {
    const teachers = [1, 2].map((seed) => writeModel(convNet({ channels: [1, 8, 16], size: 32, classes: 10, seed })));
    const models = [await harness.addModel(teachers[0]!), await harness.addModel(teachers[1]!)];
    const options = {
      method: 'generative',
      teacher: { models },
      student: { width: 0.5 },
      epochs: 1,
      batchSize: 16,
      generator: { generatedBatchesPerEpoch: 4 },
    };
    const job = await harness.end(
      (await harness.submit({ passes: [{ pass: 'distill', options }] }, { data: false })).id,
    );
    expect(job.error).toBeNull();
    expect(job.stages[0]).toMatchObject({ state: 'succeeded', summary: { steps: 12, epochs: [{ epoch: 1 }] } });
    expect(job.stages[0]!.metrics!.parameters).toBeLessThan(0.6 * job.baseline!.parameters);
  });

  it('trains from labels, and is taught by the model before the last pass', async () => {
    const passes = [
      { pass: 'train', options: { epochs: 2, batchSize: 32, earlyStopping: { share: 0.25 } } },
      { pass: 'prune', options: { granularity: 'weight', ratio: 0.5 } },
      { pass: 'distill', options: { teacher: 'previous', epochs: 1, batchSize: 32 } },
    ];
    const job = await harness.end((await harness.submit({ seed: 13, passes })).id);
    expect(job.error).toBeNull();
    const [trained, , taught] = job.stages;
    expect(trained!.summary).toMatchObject({
      steps: 24,
      epochs: [{ epoch: 1, validationLoss: expect.any(Number) as number }, { epoch: 2 }],
    });
    expect(trained!.artifacts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['model.onnx', 'training-curve.json', 'training-curve.svg']),
    );
    expect(taught!.metrics!.nonZeros).toBeLessThan(0.6 * trained!.metrics!.nonZeros);
  });

  it('is tried again when its process is killed from outside', async () => {
    const first = await holdProcess(worker);
    const { id } = await harness.submit({ seed: 12, passes: PASSES.slice(0, 3) });
    await first.isAsked();
    first.kill();
    const job = await harness.end(id);
    expect(job.state).toBe('succeeded');
    expect(job.stages.map(({ attempts }) => attempts)).toEqual([2, 1, 1]);
  });

  it('fails with the way out when it passes its memory ceiling, and the worker goes on', async () => {
    const small = harness.modelId;
    harness.modelId = await harness.addModel(bigModel());
    const job = await harness.end(
      (await harness.submit({ passes: [{ pass: 'prune', options: { granularity: 'weight' } }] })).id,
    );
    expect(job).toMatchObject({
      state: 'failed',
      error: { code: 'out_of_memory', message: expect.stringContaining('COLDPRESS_STAGE_MEMORY_MB') },
    });
    expect(job.stages[0]).toMatchObject({ state: 'failed', attempts: 1 });
    harness.modelId = small;
    expect(worker.exitCode).toBeNull();
  });

  it('fails at once, without another attempt, on a model that cannot be read', async () => {
    const small = harness.modelId;
    harness.modelId = await harness.addModel(Buffer.from('this is not a model'));
    const job = await harness.end((await harness.submit({ passes: PASSES.slice(1, 3) })).id);
    harness.modelId = small;
    expect(job).toMatchObject({ state: 'failed', error: { code: 'invalid_model' } });
    expect(job.stages.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['failed', 1],
      ['cancelled', 0],
    ]);
  });
});

/** A weight of 196 MiB: the ceiling does not hold the file twice. */
function bigModel(): Uint8Array {
  const side = 7168;
  const b = new GraphBuilder();
  const x = b.input('x', ['batch', side]);
  b.op(
    'MatMul',
    [x, b.float(new Float32Array(side * side), [side, side])],
    {},
    { outputs: [b.output('y', ['batch', side])] },
  );
  return writeModel(b.build());
}

/** Forgets every result, so that stages are computed. */
async function forget(harness: WorkerHarness): Promise<void> {
  const results = new StageResultRepository(harness.database);
  const { rows } = await harness.database.pool.query<{ key: string }>('select key from stage_results');
  for (const { key } of rows) await results.delete(key);
}

async function filesOf(folder: string, digest: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith(digest))
    .map((name) => join(folder, name));
}

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config, Job } from '#contracts';
import { StageCheckpointRepository, StageResultRepository } from '#database';
import { createTestBucket } from '#testing';
import { SHORT_LOCK, stopWorker, WorkerHarness } from './worker-harness.js';

const RECIPE = { seed: 4, passes: [{ pass: 'distill', options: { epochs: 30, batchSize: 32 } }] };

/** How a worker ends, and how often it keeps checkpoints meanwhile: when it is shut down, the last one must do. */
const KILLED: [string, NodeJS.Signals, number] = ['killed', 'SIGKILL', 20];
const SHUT_DOWN: [string, NodeJS.Signals, number] = ['shut down', 'SIGTERM', 3_600_000];

const stores: [string, () => Promise<Partial<Config>>, (typeof KILLED)[]][] = [
  ['a folder', async () => ({}), [KILLED, SHUT_DOWN]],
  ['S3', createTestBucket, [KILLED]],
];

describe.each(stores)('a long stage whose checkpoints are in %s', (_store, settings, ends) => {
  let harness: WorkerHarness;
  let expected: string | null | undefined;

  beforeAll(async () => {
    harness = await WorkerHarness.start('postgres', { ...SHORT_LOCK, ...(await settings()) });
    const worker = await harness.startWorker();
    expected = digest(await harness.end((await harness.submit(RECIPE)).id));
    await stopWorker(worker, 'SIGTERM');
  });
  afterAll(() => harness?.stop());

  it.each(ends)(
    'goes on at another worker when its own is %s, and ends with the same bytes',
    async (_how, signal, checkpointMs) => {
      // A training may be over before its worker is: then once more.
      for (let hasResumed = false; !hasResumed;) {
        await forget(harness);
        const first = await harness.startWorker({ checkpointMs, workPath: join(harness.folder, `first-${signal}`) });
        const { id } = await harness.submit(RECIPE);
        await (signal === 'SIGKILL' ? checkpointStored(harness, id) : someEpochs(harness, id));
        await stopWorker(first, signal);
        const second = await harness.startWorker({ workPath: join(harness.folder, `second-${signal}`) });
        expect(digest(await harness.end(id))).toBe(expected);
        await stopWorker(second, 'SIGTERM');
        expect(await checkpoints(harness)).toEqual([]);
        const isTold = harness.event(id, (event) => event.type === 'log' && event.line.startsWith('resumed after'));
        hasResumed = await isTold.then(
          () => true,
          () => false,
        );
      }
    },
  );

  it('loses those that nobody took up again, at the next start of a worker', async () => {
    const { digest: orphan } = await harness.store.put(randomBytes(1000));
    await harness.database.pool.query(
      "insert into stage_checkpoints (key, digest, bytes, stored, created_at) values ('gone', $1, 1000, true, now() - interval '8 days')",
      [orphan],
    );
    await stopWorker(await harness.startWorker(), 'SIGTERM');
    expect(await checkpoints(harness)).toEqual([]);
    expect(await harness.store.stat(orphan)).toBeNull();
  });
});

/** What can befall a checkpoint in the store, and what the worker says of it. */
const LOSSES: [string, string, (harness: WorkerHarness, digest: string) => Promise<unknown>][] = [
  [
    'is damaged',
    'the checkpoint in the store is damaged',
    (harness, found) =>
      writeFile(join(harness.folder, 'store', 'blobs', found.slice(0, 2), found.slice(2, 4), found), randomBytes(1000)),
  ],
  ['is gone', 'the checkpoint is no longer in the store', (harness, found) => harness.store.delete(found)],
];

describe('a stage whose checkpoint cannot be used', () => {
  const recipe = { seed: 4, passes: [{ pass: 'distill', options: { epochs: 1, batchSize: 128 } }] };
  let harness: WorkerHarness;
  let whole: Job;

  beforeAll(async () => {
    harness = await WorkerHarness.start('postgres');
    await harness.startWorker();
    whole = await harness.end((await harness.submit(recipe)).id);
  });
  afterAll(() => harness?.stop());

  it.each(LOSSES)('begins anew when it %s, and says so in log and summary', async (_what, reason, inflict) => {
    await forget(harness);
    const kept = await harness.store.put(randomBytes(1000));
    const row = { key: whole.stages[0]!.key!, digest: kept.digest, bytes: kept.bytes };
    const rows = new StageCheckpointRepository(harness.database);
    await rows.begin(row);
    await rows.complete(row);
    await inflict(harness, kept.digest);
    const { id } = await harness.submit(recipe);
    const job = await harness.end(id);
    const warning = `${reason}: training begins anew`;
    expect(
      await harness.event(id, (event) => event.type === 'log' && event.line.startsWith('warning: ')),
    ).toMatchObject({ line: `warning: ${warning}` });
    expect(job.stages[0]!.summary!['warnings']).toEqual([warning]);
    expect(digest(job)).toBe(digest(whole));
    expect(await checkpoints(harness)).toEqual([]);
  });
});

describe('a training of more epochs than an earlier job had', () => {
  const recipe = (epochs: number, schedule: string) => ({
    seed: 4,
    passes: [{ pass: 'distill', options: { epochs, batchSize: 128, schedule } }],
  });
  let harness: WorkerHarness;

  beforeAll(async () => {
    harness = await WorkerHarness.start('postgres');
    await harness.startWorker();
  });
  afterAll(() => harness?.stop());

  /** The job at its end, and how many epochs its process ran. */
  const run = async (epochs: number, schedule: string) => {
    const { id } = await harness.submit(recipe(epochs, schedule));
    const job = await harness.end(id);
    return { job, ran: job.stages[0]?.summary?.['epochsRun'] };
  };

  it('goes on from where that ended, says so, and has the bytes of a training from the start', async () => {
    const short = await run(1, 'constant');
    const long = await run(3, 'constant');
    expect([short.ran, long.ran]).toEqual([1, 2]);
    expect(long.job.stages[0]?.summary).toMatchObject({ wentOnFrom: { job: short.job.id, epoch: 1 } });
    await harness.database.pool.query('delete from stage_checkpoints');
    await forget(harness);
    const whole = await run(3, 'constant');
    expect(whole.ran).toBe(3);
    expect(digest(whole.job)).toBe(digest(long.job));
  });

  it.each(LOSSES)('begins at its start where the end of that %s, and says so', async (_what, reason, inflict) => {
    await harness.database.pool.query('delete from stage_checkpoints');
    await forget(harness);
    const short = await run(2, 'constant');
    const [end] = await checkpoints(harness);
    await inflict(harness, end!.digest);
    const { job, ran } = await run(3, 'constant');
    const words = reason.replace('the checkpoint', `the end of the shorter training of job ${short.job.id}`);
    expect(job.stages[0]?.summary?.['warnings']).toEqual([`${words}: training begins anew`]);
    expect([short.ran, ran]).toEqual([2, 3]);
  });

  it('begins at its start where the learning rate follows from the number of epochs', async () => {
    await run(1, 'cosine');
    expect((await run(2, 'cosine')).ran).toBe(2);
  });
});

const digest = (job: Job) => job.stages[0]?.modelDigest;

/** Waits, progress message by progress message, until a checkpoint of the job's stage is in the store. */
async function checkpointStored(harness: WorkerHarness, jobId: string): Promise<void> {
  const stop = new AbortController();
  for await (const { event } of harness.events.follow(jobId, 0, stop.signal)) {
    if (event.type === 'progress' && (await checkpoints(harness)).some(({ stored }) => stored)) return stop.abort();
  }
}

function someEpochs(harness: WorkerHarness, jobId: string) {
  return harness.event(jobId, (event) => event.type === 'progress' && event.fraction > 0.15);
}

async function checkpoints(harness: WorkerHarness): Promise<{ digest: string; stored: boolean }[]> {
  return (
    await harness.database.pool.query<{ digest: string; stored: boolean }>(
      'select digest, stored from stage_checkpoints',
    )
  ).rows;
}

/** Forgets every result, so that stages are computed. */
async function forget(harness: WorkerHarness): Promise<void> {
  const results = new StageResultRepository(harness.database);
  const { rows } = await harness.database.pool.query<{ key: string }>('select key from stage_results');
  for (const { key } of rows) await results.delete(key);
}

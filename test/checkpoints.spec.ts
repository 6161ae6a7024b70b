import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config, Job } from '#contracts';
import { StageCheckpointRepository, StageResultRepository } from '#database';
import { createTestBucket } from '#testing';
import { stopWorker, WorkerHarness } from './worker-harness.js';

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
    harness = await WorkerHarness.start('postgres', await settings());
    const worker = await harness.startWorker();
    expected = digest(await harness.end((await harness.submit(RECIPE)).id));
    await stopWorker(worker, 'SIGTERM');
  });
  afterAll(() => harness?.stop());

  it.each(ends)(
    'goes on at another worker when its own is %s, and ends with the same bytes',
    async (_how, signal, checkpointMs) => {
      await forget(harness);
      const first = await harness.startWorker({ checkpointMs, workPath: join(harness.folder, `first-${signal}`) });
      const { id } = await harness.submit(RECIPE);
      await (signal === 'SIGKILL' ? checkpointStored(harness, id) : someEpochs(harness, id));
      await stopWorker(first, signal);
      const second = await harness.startWorker({ workPath: join(harness.folder, `second-${signal}`) });
      await harness.event(id, (event) => event.type === 'log' && event.line.startsWith('resumed after epoch'));
      expect(digest(await harness.end(id))).toBe(expected);
      await stopWorker(second, 'SIGTERM');
      expect(await checkpoints(harness)).toEqual([]);
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

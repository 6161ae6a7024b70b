import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { connect, ExclusiveWork, migrate, QueueRecords, type Database } from '#database';
import { openQueue, QueueFeeder, type StageQueue } from '#queue';
import { createTestDatabase, createTestRedis } from '#testing';
import { insertManyJobs } from './many-jobs.js';

const NEVER = new AbortController().signal;

describe.each(['postgres', 'redis'] as const)('the queue on %s is fed from the records', (backend) => {
  let database: Database;
  let queue: StageQueue;
  let records: QueueRecords;
  let redisUrl: string | undefined;

  beforeEach(async () => {
    const databaseUrl = await createTestDatabase();
    redisUrl = backend === 'redis' ? await createTestRedis() : undefined;
    database = connect(databaseUrl);
    await migrate(database);
    queue = await openQueue({ databaseUrl, redisUrl });
    records = new QueueRecords(database);
  });
  afterEach(async () => {
    await queue.close();
    await database.close();
  });

  /** A feeder as a process has it, with the entries that it gave the queue, once it is let. */
  function feeder(isLet = Promise.resolve()): { feeder: QueueFeeder; given: string[] } {
    const given: string[] = [];
    const counting = {
      identity: () => queue.identity(),
      addJobs: async (entries: Parameters<StageQueue['addJobs']>[0]) => {
        given.push(...entries.map(({ jobId }) => jobId));
        await isLet;
        return queue.addJobs(entries);
      },
    };
    const work = new ExclusiveWork(database.url, 'reconcile');
    return { given, feeder: new QueueFeeder(records, counting, (piece) => work.tryRun(piece)) };
  }

  async function emptyQueue(): Promise<void> {
    if (redisUrl === undefined) return void (await database.pool.query('truncate bullmq.job cascade'));
    const client = new Redis(redisUrl);
    await client.flushdb();
    await client.quit();
  }

  it('with what it lacks and nothing twice, and with everything again when it lost what it held', async () => {
    const ids = await insertManyJobs(database, { queued: 120, succeeded: 30 });
    const first = feeder();
    expect(await first.feeder.reconcile(NEVER)).toBe(true);
    // The jobs that were given, and a look at a page of those that it should hold.
    expect(new Set(first.given)).toEqual(new Set(ids.queued));
    expect(await records.toEnqueue(10)).toEqual([]);
    await emptyQueue();
    const second = feeder();
    await second.feeder.reconcile(NEVER);
    for (const jobId of [ids.queued[0], ids.queued[119]])
      expect(await queue.has({ jobId: jobId ?? '', run: 1, stageCount: 1 })).toBe(true);
  });

  it('with what was taken out of it behind our back, a page at a time', async () => {
    const ids = await insertManyJobs(database, { queued: 250 });
    const passes = feeder();
    await passes.feeder.reconcile(NEVER);
    const lost = { jobId: ids.queued.sort().at(-1) ?? '', run: 1, stageCount: 1 };
    await queue.remove(lost);
    passes.given.splice(0);
    await passes.feeder.reconcile(NEVER);
    expect(passes.given.length).toBeLessThanOrEqual(200);
    await passes.feeder.reconcile(NEVER);
    expect(await queue.has(lost)).toBe(true);
  });

  it('by one process at a time, and not to the end of a backlog when that one stops', async () => {
    await insertManyJobs(database, { queued: 120 });
    const stop = new AbortController();
    let goOn: () => void = () => undefined;
    const one = feeder(new Promise((resolve) => (goOn = resolve)));
    const pass = one.feeder.reconcile(stop.signal);
    while (one.given.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await feeder().feeder.reconcile(NEVER)).toBe(false);
    stop.abort();
    goOn();
    expect(await pass).toBe(true);
    expect((await records.toEnqueue(200)).length).toBeGreaterThan(0);
    expect(await feeder().feeder.reconcile(NEVER)).toBe(true);
    expect(await records.toEnqueue(200)).toEqual([]);
  });

  it('does not take the mark of an earlier run for that of a retry', async () => {
    const {
      queued: [jobId = randomUUID()],
    } = await insertManyJobs(database, { queued: 1 });
    await database.pool.query('update jobs set run = 2');
    await records.markEnqueued([{ jobId, run: 1, stageCount: 1 }]);
    expect(await records.toEnqueue(10)).toEqual([{ jobId, run: 2, stageCount: 1, priority: 0 }]);
  });
});

import { randomUUID } from 'node:crypto';
import type { QueueEntry } from '#contracts';
import { createTestDatabase, createTestRedis } from '#testing';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { QueueConfig } from './backend.js';
import { Interrupted, PermanentFailure, Postponed, QueueUnavailableError } from './errors.js';
import { QUEUE_NAME } from './flow.js';
import { openQueue, type Handlers, type StageQueue } from './stage-queue.js';

const POLICY = { attempts: 3, backoffMs: 20 };
/** A busy machine gives no sign of life for seconds. */
const LOCK_MS = 60_000;
const SETTINGS = { concurrency: 4, lockMs: LOCK_MS };

const entryOf = (stageCount: number): QueueEntry => ({ jobId: randomUUID(), stageCount, run: 1 });

/** Handlers that note their calls; `finished` resolves when the flow has drained. */
function recorder(stage: Handlers['stage'] = async () => undefined) {
  const calls: string[] = [];
  let finish: () => void;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const handlers: Handlers = {
    stage: async (payload, attempt) => {
      calls.push(`${payload.index}#${attempt.attempt}${attempt.isLast ? ' last' : ''}`);
      await stage(payload, attempt);
    },
    finish: async () => {
      calls.push('finish');
      finish();
    },
  };
  return { calls, finished, handlers };
}

/** Leaves a server that takes no events any more, and so no jobs. */
const spoil = {
  postgres: async ({ databaseUrl }: QueueConfig) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('alter table bullmq.event rename to lost');
    await client.end();
  },
  redis: async ({ redisUrl = '' }: QueueConfig) => {
    const client = new Redis(redisUrl);
    await client.set(`bull:${QUEUE_NAME}:events`, 'no stream');
    await client.quit();
  },
};

describe.each([
  ['postgres', async () => ({ databaseUrl: await createTestDatabase() })],
  ['redis', async () => ({ databaseUrl: 'postgres://unused', redisUrl: await createTestRedis() })],
] as const)('the queue of stages on %s', (backend, configure) => {
  let config: Awaited<ReturnType<typeof configure>>;
  let queue: StageQueue;

  beforeEach(async () => {
    config = await configure();
    queue = await openQueue(config, POLICY);
  });
  afterEach(() => queue.close());

  it('runs the stages of a job in order, then finishes it and keeps nothing', async () => {
    expect(queue.backend).toBe(backend);
    const entry = entryOf(3);
    const { calls, finished, handlers } = recorder();
    await queue.addJobs([entry]);
    expect(await queue.has(entry)).toBe(true);
    const worker = queue.worker(handlers, SETTINGS);
    await finished;
    await worker.close();
    expect(calls).toEqual(['0#1', '1#1', '2#1', 'finish']);
    expect(await queue.has(entry)).toBe(false);
    expect(Object.values(await queue.counts()).every((count) => count === 0)).toBe(true);
  });

  it('names the workers that are connected, each once, and none that has left', async () => {
    expect(await queue.workers()).toEqual([]);
    const { handlers } = recorder();
    const workers = ['one:1', 'two:2'].map((name) => queue.worker(handlers, { ...SETTINGS, name }));
    const own = queue.worker(handlers, SETTINGS);
    while ((await queue.workers()).length < 3);
    expect(await queue.workers()).toEqual(['one:1', 'two:2', expect.stringMatching(/^[\w.-]+:\d+$/)]);
    await Promise.all([...workers, own].map((worker) => worker.close()));
    while ((await queue.workers()).length > 0);
  });

  it('puts a job before every stage of those that have a priority, and of these the lowest number first', async () => {
    const order: string[] = [];
    let ended: () => void = () => undefined;
    const done = new Promise<void>((resolve) => (ended = resolve));
    const names = new Map<string, string>();
    const add = async (name: string, priority?: number) => {
      const entry = { ...entryOf(2), ...(priority === undefined ? {} : { priority }) };
      names.set(entry.jobId, name);
      await queue.addJobs([entry]);
    };
    // A sweep with three trials at a time, then another sweep's first trial, then somebody's job.
    for (const [at, name] of ['first', 'second', 'third'].entries()) await add(name, at + 1);
    await add('other sweep', 1);
    await add('job');
    const note = ({ jobId }: { jobId: string }, what: number | 'end') => void order.push(`${names.get(jobId)} ${what}`);
    const worker = queue.worker(
      {
        stage: async (payload) => note(payload, payload.index),
        finish: async (payload) => {
          note(payload, 'end');
          if (order.length === 15) ended();
        },
      },
      { ...SETTINGS, concurrency: 1 },
    );
    await done;
    await worker.close();
    expect(order.slice(0, 3)).toEqual(['job 0', 'job 1', 'job end']);
    expect(order.indexOf('other sweep 0')).toBeLessThan(order.indexOf('second 0'));
    expect(order.indexOf('second end')).toBeLessThan(order.indexOf('third 0'));
  });

  it('holds a job once, however often and by whomever it is added', async () => {
    const other = await openQueue(config, POLICY);
    const entry = entryOf(2);
    await Promise.all([queue, other, queue, other].map((one) => one.addJobs([entry])));
    const { calls, finished, handlers } = recorder();
    const workers = [queue.worker(handlers, SETTINGS), other.worker(handlers, SETTINGS)];
    await finished;
    await Promise.all(workers.map((worker) => worker.close()));
    await other.close();
    expect(calls).toEqual(['0#1', '1#1', 'finish']);
  });

  it('takes many jobs at a time, and of those that it holds already nothing twice', async () => {
    const [held, ...fresh] = Array.from({ length: 120 }, (_, at) => entryOf(1 + (at % 3)));
    if (!held) throw new RangeError('no entries');
    await queue.addJobs([held]);
    await queue.addJobs([...fresh, held]);
    const ended: string[] = [];
    const ran: string[] = [];
    let resolve: () => void = () => undefined;
    const drained = new Promise<void>((done) => (resolve = done));
    const handlers: Handlers = {
      stage: async ({ jobId, index }) => void ran.push(`${jobId} ${index}`),
      finish: async ({ jobId }) => void (ended.push(jobId), ended.length === 120 && resolve()),
    };
    const worker = queue.worker(handlers, { ...SETTINGS, concurrency: 8 });
    await drained;
    await worker.close();
    expect(new Set(ended)).toEqual(new Set([held, ...fresh].map(({ jobId }) => jobId)));
    expect([ended.length, ran.length, new Set(ran).size]).toEqual([120, 240, 240]);
  });

  it('says what keeps it from taking jobs, one or many', async () => {
    await spoil[backend](config);
    await expect(queue.addJobs([entryOf(2)])).rejects.toThrow(/event|WRONGTYPE/);
    await expect(queue.addJobs([entryOf(2), entryOf(1)])).rejects.toThrow(/event|WRONGTYPE/);
  });

  it('takes up a postponed stage again and again without counting attempts', async () => {
    let outages = 2 * POLICY.attempts;
    const { calls, finished, handlers } = recorder(async () => {
      if (outages-- > 0) throw new Postponed(10, new Error('the store does not answer'));
    });
    await queue.addJobs([entryOf(1)]);
    const worker = queue.worker(handlers, SETTINGS);
    await finished;
    await worker.close();
    expect(calls).toEqual([...Array<string>(2 * POLICY.attempts + 1).fill('0#1'), 'finish']);
  });

  it('takes a retry of a job as a flow of its own', async () => {
    const entry = entryOf(1);
    await queue.addJobs([entry]);
    await queue.addJobs([{ ...entry, run: 2 }]);
    expect(await queue.has({ ...entry, run: 2 })).toBe(true);
    const runs: number[] = [];
    const { handlers, finished } = recorder(async ({ run }) => void runs.push(run));
    const worker = queue.worker(handlers, { ...SETTINGS, concurrency: 1 });
    await finished;
    await until(() => runs.length === 2);
    await worker.close();
    expect(runs.sort()).toEqual([1, 2]);
  });

  it('tries a failure that may pass again, and says which attempt is the last', async () => {
    await queue.addJobs([entryOf(1)]);
    const { calls, finished, handlers } = recorder(async (_payload, { isLast }) => {
      if (!isLast) throw new Error('a store that is away, and a NUL \u0000 that PostgreSQL refuses');
    });
    const worker = queue.worker(handlers, SETTINGS);
    await finished;
    await worker.close();
    expect(calls).toEqual(['0#1', '0#2', '0#3 last', 'finish']);
  });

  it('does not repeat a permanent failure, and drains the rest of the flow', async () => {
    const entry = entryOf(2);
    await queue.addJobs([entry]);
    const { calls, finished, handlers } = recorder(async ({ index }) => {
      if (index === 0) throw new PermanentFailure(new Error('the model cannot be read'));
    });
    const worker = queue.worker(handlers, SETTINGS);
    await finished;
    await worker.close();
    expect(calls).toEqual(['0#1', '1#1', 'finish']);
    expect(await queue.has(entry)).toBe(false);
  });

  it('gives back what a worker that shuts down had begun, without counting an attempt', async () => {
    await queue.addJobs([entryOf(1)]);
    let began: () => void;
    const started = new Promise<void>((resolve) => (began = resolve));
    const first = queue.worker(
      recorder(async (_payload, { shutdown }) => {
        began();
        // A worker that closes may be given the same job once more before it stops asking.
        if (!shutdown.aborted) await new Promise((resolve) => shutdown.addEventListener('abort', resolve));
        throw new Interrupted();
      }).handlers,
      SETTINGS,
    );
    await started;
    await first.close();
    const { calls, finished, handlers } = recorder();
    const second = queue.worker(handlers, SETTINGS);
    await finished;
    await second.close();
    expect(calls).toEqual(['0#1', 'finish']);
  });

  it('has one identity for all who open it, over a worker and a drain', async () => {
    const other = await openQueue(config, POLICY);
    const identity = await queue.identity();
    await queue.addJobs([entryOf(1)]);
    const { finished, handlers } = recorder();
    const worker = queue.worker(handlers, SETTINGS);
    await finished;
    await worker.close();
    expect([await queue.identity(), await other.identity()]).toEqual([identity, identity]);
    await other.close();
  });

  it('takes a waiting job out', async () => {
    const entry = entryOf(2);
    await queue.addJobs([entry]);
    expect(await queue.remove(entry)).toBe(true);
    expect(await queue.has(entry)).toBe(false);
    expect(await queue.remove(entry)).toBe(false);
  });
});

describe('openQueue', () => {
  it('says so when PostgreSQL does not answer', async () => {
    await expect(openQueue({ databaseUrl: 'postgres://127.0.0.1:1/nowhere' })).rejects.toThrow(QueueUnavailableError);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

import { randomUUID } from 'node:crypto';
import { EMPTY_INSPECTION, createTestDatabase } from '#testing';
import pg from 'pg';
import { ApiKeyRepository } from './api-key-repository.js';
import { connect, type Database } from './database.js';
import { DatasetRepository } from './dataset-repository.js';
import {
  IdempotencyConflictError,
  IdempotencyLostError,
  InUseError,
  InvalidCursorError,
  JobStateError,
  LastAdminKeyError,
  NotFoundError,
} from './errors.js';
import { EventRepository } from './event-repository.js';
import { IdempotencyRepository } from './idempotency-repository.js';
import type { NewJob } from './insert-jobs.js';
import { JobRepository } from './job-repository.js';
import { migrate } from './migrate.js';
import { ModelRepository } from './model-repository.js';
import { QueueRecords } from './queue-records.js';
import { StageRepository } from './stage-repository.js';
import { StageResultRepository } from './stage-result-repository.js';

const MODEL = 'a'.repeat(64);
const METRICS = { bytes: 10, compressedBytes: 5, parameters: 2, nonZeros: 2 };

let database: Database;
let jobs: JobRepository;
let stages: StageRepository;
let events: EventRepository;

const newJob = (overrides: Partial<NewJob> = {}): NewJob => ({
  name: null,
  modelId: MODEL,
  datasetId: null,
  recipe: { seed: 0, passes: [], gates: [] },
  preflight: { problems: [], skipped: [] },
  stages: [
    { pass: 'prune', options: {} },
    { pass: 'evaluate', options: {} },
  ],
  ...overrides,
});
/** How many statements some work takes, and what it comes to. */
async function statementsOf<T>(work: () => Promise<T>): Promise<{ count: number; result: T }> {
  const asked = jest.spyOn(pg.Client.prototype, 'query');
  const result = await work();
  const count = asked.mock.calls.length;
  asked.mockRestore();
  return { count, result };
}

const outcome = (key: string) => ({
  key,
  cached: false,
  modelDigest: 'b'.repeat(64),
  metrics: METRICS,
  skipped: [],
  summary: {},
  artifacts: [{ name: 'model.onnx', digest: 'b'.repeat(64), bytes: 10 }],
});
const LEASE_MS = 300;
const claimed = async (keys: IdempotencyRepository, key: string) => {
  const answer = await keys.claim(key, 'request');
  if (answer.state !== 'new') throw new Error(`the key ${key} is ${answer.state}`);
  return answer.claim;
};
const start = (jobId: string, index: number, run = 1) => stages.start({ jobId, run, index }, 'key');

beforeAll(async () => {
  database = connect(await createTestDatabase());
  await Promise.all([migrate(database), migrate(database), migrate(database)]);
  jobs = new JobRepository(database);
  stages = new StageRepository(database);
  events = new EventRepository(database);
  await new ModelRepository(database).add({ id: MODEL, name: 'net', bytes: 10, inspection: EMPTY_INSPECTION });
});
afterAll(async () => {
  await stages.close();
  await events.close();
  await database.close();
});

describe('models and data sets', () => {
  it('are deduplicated by digest and keep their first name', async () => {
    const again = await new ModelRepository(database).add({
      id: MODEL,
      name: 'other',
      bytes: 10,
      inspection: EMPTY_INSPECTION,
    });
    expect(again).toMatchObject({ created: false, model: { name: 'net' } });
  });

  it('cannot be deleted while a job refers to them', async () => {
    await jobs.create(newJob());
    await expect(new ModelRepository(database).delete(MODEL)).rejects.toThrow(InUseError);
    await expect(new DatasetRepository(database).delete('c'.repeat(64))).rejects.toThrow(NotFoundError);
  });

  it('stay while the options of a job name them, and no longer', async () => {
    const models = new ModelRepository(database);
    await models.add({ id: 'd'.repeat(64), name: 'teacher', bytes: 10, inspection: EMPTY_INSPECTION });
    const { id } = await jobs.create(newJob({ usedModels: ['d'.repeat(64), 'd'.repeat(64)] }));
    await expect(models.delete('d'.repeat(64))).rejects.toThrow(InUseError);
    await jobs.cancel(id);
    await jobs.delete(id);
    await models.delete('d'.repeat(64));
  });

  it.each([
    ['model', { modelId: 'e'.repeat(64) }],
    ['model', { usedModels: ['e'.repeat(64)] }],
    ['dataset', { datasetId: 'e'.repeat(64) }],
  ])('that are gone keep a job from being made: a %s', async (kind, refers) => {
    await expect(jobs.create(newJob(refers))).rejects.toMatchObject({ code: 'not_found', kind, id: 'e'.repeat(64) });
  });
});

describe('jobs', () => {
  it('are accepted all or none', async () => {
    const before = (await jobs.list({ limit: 200 })).items.length;
    await expect(jobs.createAll([newJob(), newJob({ modelId: 'f'.repeat(64) })])).rejects.toThrow();
    expect((await jobs.list({ limit: 200 })).items).toHaveLength(before);
  });

  it('are listed newest first, page by page, without gaps or repeats', async () => {
    const name = randomUUID();
    const created = await jobs.createAll(Array.from({ length: 5 }, () => newJob({ name })));
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await jobs.list({ limit: 2, name, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen)).toEqual(new Set(created.map(({ id }) => id)));
    await expect(jobs.list({ limit: 2, cursor: 'nonsense' })).rejects.toThrow(InvalidCursorError);
  });

  it('go through their stages to the end, and a late attempt changes nothing', async () => {
    const { id } = await jobs.create(newJob());
    expect(await start(id, 0)).toEqual({ next: 'run', attempts: 1 });
    expect(await stages.succeed(id, 0, outcome('k0'))).toBe(true);
    expect(await stages.succeed(id, 0, outcome('late'))).toBe(false);
    expect((await start(id, 0)).next).toBe('done');
    await start(id, 1);
    await stages.succeed(id, 1, { ...outcome('k1'), measured: [METRICS, { ...METRICS, top1: 0.5 }] });
    await stages.finish(id, {
      baseline: METRICS,
      gates: [],
      gatesPassed: null,
      artifacts: [{ name: 'report.md', digest: 'd'.repeat(64), bytes: 1 }],
    });
    const job = await jobs.require(id);
    expect(job).toMatchObject({ state: 'succeeded', baseline: METRICS });
    expect(job.stages[0]).toMatchObject({
      state: 'succeeded',
      key: 'k0',
      metrics: { top1: 0.5 },
      artifacts: [{ name: 'model.onnx' }],
    });
    expect(job.stages[1]?.artifacts.map(({ name }) => name)).toEqual(['model.onnx', 'report.md']);
    await expect(jobs.cancel(id)).rejects.toThrow(JobStateError);
    await jobs.delete(id);
    await expect(jobs.require(id)).rejects.toThrow(NotFoundError);
  });

  it('are accepted together by as many statements as two are, in an order that lists keep', async () => {
    const names = Array.from({ length: 120 }, (_, at) => `job ${at}`);
    const of = (list: string[]) => list.map((name) => newJob({ name, usedModels: [MODEL] }));
    const few = await statementsOf(() => jobs.createAll(of(names.slice(0, 2))));
    const many = await statementsOf(() => jobs.createAll(of(names)));
    expect(many.count).toBe(few.count);
    expect(many.result.map(({ name }) => name)).toEqual(names);
    expect(many.result[7]).toEqual(await jobs.require(many.result[7]?.id ?? ''));
    const listed = await jobs.list({ limit: 50 });
    expect(listed.items.map(({ name }) => name)).toEqual(names.toReversed().slice(0, 50));
    const queued = await new QueueRecords(database).toEnqueue(200);
    expect(queued.slice(-120).map(({ jobId }) => jobId)).toEqual(many.result.map(({ id }) => id));
    expect(await events.newestId(many.result[3]?.id ?? '')).toBe(1);
  });

  it('are found by a part of their words as it stands, in any case, through an index', async () => {
    const recipe = { ...newJob().recipe, name: 'Half_Width', passes: [{ pass: 'prune', options: {} }] };
    const { id } = await jobs.create(newJob({ name: 'at 50% of Ñandú\\', recipe }));
    const found = async (q: string) => (await jobs.list({ limit: 10, q })).items.map((job) => job.id).includes(id);
    const parts = ['50%', 'OF ÑAND', 'half_w', 'ú\\', '"prune"', 'PRUNE'];
    expect(await Promise.all(parts.map(found))).toEqual(parts.map(() => true));
    expect(await Promise.all(['5_%', 'half%w', 'halfxw', '"distill"'].map(found))).toEqual(Array(4).fill(false));
    const { rows } = await database.pool.query<{ indexdef: string }>(
      "select indexdef from pg_indexes where indexname = 'jobs_by_trigrams'",
    );
    expect(rows[0]?.indexdef).toMatch(/gin \(sought .*gin_trgm_ops\) WHERE \(sweep_id IS NULL\)/);
  });

  it('are not accepted, none of them, where one names what is gone', async () => {
    const lost = [{ modelId: 'e'.repeat(64) }, { datasetId: 'd'.repeat(64) }, { usedModels: ['f'.repeat(64)] }];
    for (const gone of lost) {
      const name = Object.values(gone).flat()[0];
      const made = jobs.createAll([newJob({ name: 'refused' }), newJob(gone), newJob()]);
      await expect(made).rejects.toMatchObject({ code: 'not_found', id: name });
    }
    expect((await jobs.list({ limit: 10, name: 'refused' })).items).toEqual([]);
  });

  it('do not finish while a stage is missing', async () => {
    const { id } = await jobs.create(newJob());
    await stages.finish(id, { baseline: METRICS, gates: [], gatesPassed: null, artifacts: [] });
    expect((await jobs.require(id)).state).toBe('queued');
  });

  it('are cancelled at once while nothing runs, and by the worker while a stage does', async () => {
    const idle = await jobs.create(newJob());
    expect((await jobs.cancel(idle.id)).stages.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    const busy = await jobs.create(newJob());
    await start(busy.id, 0);
    const told = new Promise<void>((resolve) => void stages.onCancel(busy.id, resolve));
    expect((await jobs.cancel(busy.id)).state).toBe('running');
    await told;
    expect((await start(busy.id, 0)).next).toBe('stop');
    expect((await jobs.require(busy.id)).state).toBe('cancelled');
  });

  it('take a transfer size once, where it is missing, and say nothing more after their end', async () => {
    const { id } = await jobs.create(newJob());
    await start(id, 0);
    const { compressedBytes, ...unsized } = METRICS;
    await stages.succeed(id, 0, { ...outcome('k'), metrics: unsized });
    await stages.setSize(id, 0, 7);
    await stages.setSize(id, 0, compressedBytes);
    expect((await jobs.require(id)).stages[0]?.metrics).toEqual({ ...METRICS, compressedBytes: 7 });
    await start(id, 1);
    await stages.succeed(id, 1, { ...outcome('k'), metrics: unsized });
    await stages.fail(id, null, { code: 'broken', message: 'no report' });
    await stages.setSize(id, 1, 8);
    expect((await jobs.require(id)).stages[1]?.metrics).toMatchObject({ compressedBytes: 8 });
    expect((await events.listAfter(id, 0)).at(-1)?.event).toMatchObject({ type: 'job', state: 'failed' });
  });

  it('that failed are retried from the stage that failed, and the old run cannot start stages any more', async () => {
    const { id } = await jobs.create(newJob());
    await start(id, 0);
    await stages.succeed(id, 0, outcome('k'));
    await start(id, 1);
    await stages.fail(id, 1, { code: 'broken', message: 'a NUL \u0000 and half a pair \ud800' });
    expect(await jobs.require(id)).toMatchObject({ state: 'failed', error: { code: 'broken' } });
    const { job, entry } = await jobs.retry(id);
    expect(entry).toEqual({ jobId: id, stageCount: 2, run: 2, priority: 0 });
    expect(job.stages.map(({ state }) => state)).toEqual(['succeeded', 'waiting']);
    expect((await start(id, 1, 1)).next).toBe('stop');
    expect((await start(id, 1, 2)).next).toBe('run');
    await expect(jobs.retry(id)).rejects.toThrow(JobStateError);
    expect(await new QueueRecords(database).toEnqueue(1000)).toContainEqual(entry);
  });

  it('are not ended, cancelled or put back by an attempt of the run before their retry, which wakes late', async () => {
    const { id } = await jobs.create(newJob());
    const failure = { code: 'broken', message: 'of the first run' };
    await start(id, 0);
    await stages.fail(id, 0, failure, 1);
    await jobs.retry(id);
    await start(id, 0, 2);
    await stages.fail(id, 0, failure, 1);
    await stages.postpone(id, 0, failure, 1);
    await stages.cancel(id, 1);
    expect(await jobs.require(id)).toMatchObject({ state: 'running', stages: [{ state: 'running', error: null }, {}] });
    await stages.postpone(id, 0, failure, 2);
    expect((await jobs.require(id)).stages[0]).toMatchObject({ state: 'waiting', error: failure });
  });
});

describe('events', () => {
  it('have ids without gaps in the order in which they can be read, however many write', async () => {
    const { id } = await jobs.create(newJob());
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => events.append(id, { type: 'log', index: 0, line: `line ${index}` })),
    );
    const all = await events.listAfter(id, 0);
    expect(all.map((event) => event.id)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
    expect((await events.listAfter(id, 19)).map((event) => event.id)).toEqual([20, 21]);
  });

  it('reach a follower as they come, from the id it names', async () => {
    const { id } = await jobs.create(newJob());
    const stop = new AbortController();
    const lines: string[] = [];
    const followed = (async () => {
      for await (const { event } of events.follow(id, 1, stop.signal)) {
        if (event.type === 'log') lines.push(event.line);
        if (lines.length === 2) stop.abort();
      }
    })();
    await events.append(id, { type: 'log', index: 0, line: 'one' });
    await events.append(id, { type: 'log', index: 0, line: 'two' });
    await followed;
    expect(lines).toEqual(['one', 'two']);
  });
});

describe('keys', () => {
  it('of the API are verified by hash and can be revoked', async () => {
    const keys = new ApiKeyRepository(database);
    expect(await keys.isEmpty()).toBe(true);
    const { id, key } = await keys.create('first');
    expect(await keys.verify(key)).toMatchObject({ id, name: 'first' });
    expect(JSON.stringify((await database.pool.query('select * from api_keys')).rows)).not.toContain(key);
    await keys.create('second');
    await keys.revoke(id);
    expect(await keys.verify(key)).toBeNull();
  });

  it('of admins never all go, also when two are revoked at once', async () => {
    const keys = new ApiKeyRepository(database);
    await keys.create('a viewer', 'viewer');
    const admins = (await keys.list()).filter(({ role }) => role === 'admin');
    const fresh = await keys.create('another admin', 'admin');
    const outcomes = await Promise.allSettled([...admins, fresh].map(({ id }) => keys.revoke(id)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused).toEqual([expect.any(LastAdminKeyError)]);
    expect((await keys.list()).filter(({ role }) => role === 'admin')).toHaveLength(1);
    await expect(keys.revoke(randomUUID())).rejects.toThrow(NotFoundError);
  });

  it('of idempotency give the first answer again, and refuse another request', async () => {
    const keys = new IdempotencyRepository(database);
    const claim = await claimed(keys, 'k');
    expect(await keys.claim('k', 'request')).toEqual({ state: 'pending' });
    const job = await jobs.create(newJob(), {
      claim,
      toResponse: ([created]) => ({ status: 202, body: { id: created?.id } }),
    });
    expect(await keys.claim('k', 'request')).toEqual({
      state: 'answered',
      response: { status: 202, body: { id: job.id } },
    });
    await expect(keys.claim('k', 'other')).rejects.toThrow(IdempotencyConflictError);
  });

  it('of idempotency are held for as long as the work takes, also far beyond the lease', async () => {
    const [one, other] = [new IdempotencyRepository(database, LEASE_MS), new IdempotencyRepository(database)];
    const claim = await claimed(one, 'long');
    const heldMs = async () => {
      const age = 'extract(epoch from renewed_at - created_at) as seconds';
      const asked = `select ${age} from idempotency_keys where key = 'long'`;
      return 1000 * Number((await database.pool.query<{ seconds: string }>(asked)).rows[0]?.seconds);
    };
    await one.hold(claim, async () => {
      // That it is renewed counts: a machine that stands still for longer than the lease does not do so meanwhile.
      while ((await heldMs()) < 4 * LEASE_MS);
      expect(await other.claim('long', 'request')).toEqual({ state: 'pending' });
    });
  });

  it('of idempotency are free soon after their owner died, and what the dead one still does changes nothing', async () => {
    const keys = new IdempotencyRepository(database, LEASE_MS);
    const dead = await claimed(keys, 'dead');
    let next = await keys.claim('dead', 'request');
    while (next.state === 'pending') next = await keys.claim('dead', 'request');
    expect(next.state).toBe('new');
    const before = (await jobs.list({ limit: 200 })).items.length;
    await expect(
      keys.hold(dead, () =>
        jobs.create(newJob(), { claim: dead, toResponse: () => ({ status: 201, body: 'of the dead' }) }),
      ),
    ).rejects.toThrow(IdempotencyLostError);
    expect((await jobs.list({ limit: 200 })).items).toHaveLength(before);
    // It has not freed the key of its successor either, whose own lease a busy machine may outlast.
    expect((await new IdempotencyRepository(database).claim('dead', 'request')).state).toBe('pending');
  });

  it('of idempotency whose work failed are free at once', async () => {
    const keys = new IdempotencyRepository(database);
    await expect(keys.hold(await claimed(keys, 'failed'), () => Promise.reject(new Error('refused')))).rejects.toThrow(
      'refused',
    );
    expect((await keys.claim('failed', 'another request')).state).toBe('new');
  });

  it('of stages are held by one process at a time, and a waiting one can give up', async () => {
    const results = new StageResultRepository(database);
    const order: string[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const never = new AbortController().signal;
    let entered: () => void = () => undefined;
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const first = results.withLock('key', never, async () => {
      entered();
      await held;
      order.push('first');
    });
    await inside;
    const second = results.withLock('key', never, async () => void order.push('second'));
    await expect(results.withLock('key', AbortSignal.timeout(50), async () => order.push('third'))).rejects.toThrow();
    release();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    await results.close();
  });

  it('of stages are free for other processes once the work is done, though its connection is kept for the next', async () => {
    const [one, other] = [new StageResultRepository(database), new StageResultRepository(database)];
    await one.withLock('key', new AbortController().signal, () => Promise.resolve());
    await expect(
      one.withLock('key', new AbortController().signal, () => Promise.reject(new Error('of the work'))),
    ).rejects.toThrow('of the work');
    await expect(other.withLock('key', AbortSignal.timeout(60_000), () => Promise.resolve('held'))).resolves.toBe(
      'held',
    );
    await Promise.all([one.close(), other.close()]);
  });
});

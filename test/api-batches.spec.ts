import type { Job } from '#contracts';
import { connect, QueueRecords } from '#database';
import { ProcessPool } from '#process';
import { openQueue } from '#queue';
import { ApiHarness } from './api-harness.js';

const prune = (ratio: number, exclude: string[] = []) => ({
  passes: [{ pass: 'prune', options: { granularity: 'weight', ratio, exclude } }],
});

describe('a batch of jobs', () => {
  let api: ApiHarness;
  let model: string;
  let runs: jest.SpyInstance;
  beforeAll(async () => {
    api = await ApiHarness.start();
    model = (await api.model()).id;
  });
  beforeEach(() => {
    runs = jest.spyOn(ProcessPool.prototype, 'run');
  });
  afterEach(() => runs.mockRestore());
  afterAll(() => api.stop());

  it('costs a preflight for what is new in it, also where its jobs come one by one', async () => {
    const [first, other] = [prune(0.31), prune(0.32)];
    for (let at = 0; at < 20; at++) {
      const recipe = at % 2 ? other : first;
      const { status, body } = await api.call<Job>('POST', '/v1/jobs', { json: { model, recipe } });
      expect([status, body.preflight.problems]).toEqual([201, []]);
    }
    expect(runs.mock.calls).toHaveLength(2);
  });

  it('costs one preflight where many clients submit the same at a time', async () => {
    const submit = () => api.call<Job>('POST', '/v1/jobs', { json: { model, recipe: prune(0.33) } });
    const answers = await Promise.all(Array.from({ length: 12 }, submit));
    expect([answers.map(({ status }) => status), runs.mock.calls.length]).toEqual([Array(12).fill(201), 1]);
  });

  it('is checked once for each distinct recipe, many in one process, and each job gets what it would get alone', async () => {
    const ratios = Array.from({ length: 25 }, (_, index) => 0.1 + index / 50);
    const jobs = Array.from({ length: 100 }, (_, index) => ({
      model,
      name: `job ${index}`,
      recipe: prune(ratios[index % 25] ?? 0, index % 25 === 3 ? ['t0_Gemm'] : []),
    }));
    const { status, body } = await api.call<Job[]>('POST', '/v1/jobs', { json: jobs });
    expect({ status, jobs: body.length, processes: runs.mock.calls.length }).toEqual({
      status: 201,
      jobs: 100,
      processes: 2,
    });
    expect(body.map(({ name }) => name)).toEqual(jobs.map(({ name }) => name));
    for (const index of [2, 3, 28]) {
      const alone = (await api.call<Job>('POST', '/v1/jobs', { json: jobs[index] })).body;
      expect(body[index]?.preflight).toEqual(alone.preflight);
      expect(body[index]?.recipe).toEqual(alone.recipe);
    }
  });

  it('is refused with the place of every job that cannot run', async () => {
    const jobs = [prune(0.5), prune(0.5, ['nosuch']), prune(0.5), prune(0.5, ['nosuch'])].map((recipe) => ({
      model,
      recipe,
    }));
    const { status, errors } = await api.problem('POST', '/v1/jobs', { json: jobs });
    expect({ status, fields: errors?.map(({ field }) => field) }).toEqual({
      status: 422,
      fields: ['[1].recipe.passes[0].options.exclude', '[3].recipe.passes[0].options.exclude'],
    });
    expect(runs).toHaveBeenCalledTimes(1);
    const unreadable = await api.problem('POST', '/v1/jobs', {
      json: [
        { model, recipe: prune(0.5) },
        { model, recipe: { passes: [{ pass: 'prun' }] } },
      ],
    });
    expect(unreadable.errors?.[0]?.field).toMatch(/^\[1\]\.recipe\.passes\[0\]/);
  });
});

describe('an API that is killed while batches come in', () => {
  it('has lost none that it accepted, and made none of what it did not answer twice', async () => {
    const api = await ApiHarness.startProcess();
    const model = (await api.model()).id;
    const list = (at: number) =>
      Array.from({ length: 100 }, (_, place) => ({ model, name: `${at}.${place}`, recipe: prune(0.5) }));
    const submit = (at: number) => {
      const headers = { 'idempotency-key': `batch ${at}` };
      return api.call<Job[]>('POST', '/v1/jobs', { json: list(at), headers });
    };
    const first = await submit(0);
    const cut = [1, 2, 3, 4].map((at) => submit(at).catch(() => null));
    await Promise.race(cut);
    await api.restart();
    await Promise.all(cut);
    const again = await Promise.all([0, 1, 2, 3, 4].map(submit));
    expect(again[0]?.body).toEqual(first.body);
    // What was not answered was not made either: its key is free once its owner has not renewed it for a while.
    const accepted = again.flatMap(({ status, body }) => (status === 409 ? [] : body));
    const names = accepted.map(({ name }) => name);
    const database = connect(api.config.databaseUrl);
    const { rows } = await database.pool.query<{ name: string }>('select name from jobs order by created_at, id');
    expect(rows.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    const queue = await openQueue({ databaseUrl: api.config.databaseUrl });
    const left = new QueueRecords(database);
    while ((await left.toEnqueue(1)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    const isHeld = ({ id: jobId }: Job) => queue.has({ jobId, run: 1, stageCount: 1 });
    expect(await Promise.all(accepted.map(isHeld))).toEqual(accepted.map(() => true));
    await queue.close();
    await database.close();
    await api.stop();
  });
});

describe('files and jobs of one key that wait to be checked', () => {
  it('are so many at most, and others are not kept waiting by them', async () => {
    const api = await ApiHarness.start();
    const model = (await api.model()).id;
    // Checks that do not end: those of one key fill its places and its line.
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const real = ProcessPool.prototype.run;
    const runs = jest.spyOn(ProcessPool.prototype, 'run').mockImplementation(async function (
      this: ProcessPool,
      ...call
    ) {
      if (!JSON.stringify(call[0]).includes('0.123')) return real.apply(this, call);
      await held;
      throw new Error('the process is gone');
    });
    // Equal ones would be made once: each of these differs.
    const check = (at: number) => {
      const recipe = prune(Number(`0.123${100 + at}`));
      return api.call<{ code: string }>('POST', '/v1/jobs/preflight', { json: { model, recipe } });
    };
    const slow = Array.from({ length: 103 }, (_, at) => check(at));
    const busy = await Promise.race(slow);
    expect([busy.status, busy.body.code]).toEqual([429, 'too_many_checks']);
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0);
    const other = await api.secondKey();
    expect(
      (await api.call('POST', '/v1/jobs/preflight', { json: { model, recipe: prune(0.5) }, key: other })).status,
    ).toBe(200);
    release();
    expect((await Promise.all(slow)).filter(({ status }) => status === 429)).toHaveLength(1);
    runs.mockRestore();
    await api.stop();
  });
});

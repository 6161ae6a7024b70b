import type { Job, JobItem } from '#contracts';
import { connect, migrate, type Database } from '#database';
import { createTestDatabase } from '#testing';
import { ApiHarness } from './api-harness.js';
import { insertManyJobs } from './many-jobs.js';

/** What a stage found in each of a thousand layers. */
const SUMMARY = {
  layers: Array.from({ length: 1000 }, (_, index) => ({ name: `layer ${index}`, weightSnrDb: index / 7 })),
};
const METRICS = {
  bytes: 100,
  compressedBytes: 90,
  parameters: 5,
  nonZeros: 5,
  top1: 0.5,
  outputSnrDb: null,
  latencyMsP50: 1.5,
  latencySamplesMs: Array.from({ length: 500 }, (_, index) => index / 3),
};

describe('the list of jobs', () => {
  let api: ApiHarness;
  let database: Database;
  let ids: string[];
  beforeAll(async () => {
    const databaseUrl = await createTestDatabase();
    database = connect(databaseUrl);
    await migrate(database);
    ids = (await insertManyJobs(database, { succeeded: 60 }, SUMMARY)).succeeded;
    await database.pool.query('update jobs set baseline = $1', [METRICS]);
    await database.pool.query('update job_stages set metrics = $1, skipped = $2', [
      { ...METRICS, bytes: 50 },
      JSON.stringify(SUMMARY.layers.map(({ name }) => ({ node: name, reason: 'too small' }))),
    ]);
    await database.pool.query(`update jobs set error = $1 where name = 'succeeded 7'`, [
      { code: 'broken', message: 'x'.repeat(5000) },
    ]);
    api = await ApiHarness.start({ databaseUrl });
  });
  afterAll(async () => {
    await api.stop();
    await database.close();
  });

  it('has what a list needs in a kilobyte a job, and the job itself has the rest', async () => {
    const answer = await api.call<{ items: JobItem[] }>('GET', '/v1/jobs?limit=50');
    expect(JSON.stringify(answer.body).length).toBeLessThan(50_000);
    const [newest] = answer.body.items;
    expect(newest).toMatchObject({
      id: ids.at(-1),
      title: 'prune',
      baseline: { bytes: 100, compressedBytes: 90, top1: 0.5, outputSnrDb: null, latencyMsP50: 1.5 },
      final: { bytes: 50 },
      finalDigest: null,
      stages: [{ pass: 'prune', state: 'succeeded', progress: 0, options: {} }],
    });
    expect(Object.keys(newest?.final ?? {})).not.toContain('latencySamplesMs');
    const job = (await api.call<Job>('GET', `/v1/jobs/${newest?.id}`)).body;
    expect(job.stages[0]).toMatchObject({ summary: SUMMARY, skipped: { length: 1000 } });
  });

  it('cuts the message of an error, which the job has whole', async () => {
    const [item] = (await api.call<{ items: JobItem[] }>('GET', '/v1/jobs?name=succeeded%207')).body.items;
    expect(item?.error).toEqual({ code: 'broken', message: `${'x'.repeat(199)}…` });
    expect((await api.call<Job>('GET', `/v1/jobs/${item?.id}`)).body.error?.message).toHaveLength(5000);
  });

  it('has the options of the recipe, by which jobs of a sweep differ, unless they are long, and the digest of the model that was measured', async () => {
    const digest = 'c'.repeat(64);
    const passes = [{ pass: 'prune', options: { ratio: 0.5, layers: { head: null } } }];
    await database.pool.query(`update jobs set recipe = recipe || $1 where name = 'succeeded 3'`, [{ passes }]);
    await database.pool.query(`update jobs set recipe = recipe || $1 where name = 'succeeded 4'`, [
      { passes: [{ pass: 'prune', options: { keep: 'x'.repeat(400) } }] },
    ]);
    await database.pool.query(
      `update job_stages set model_digest = $1 from jobs where jobs.id = job_id and name = 'succeeded 3'`,
      [digest],
    );
    const item = async (name: string) =>
      (await api.call<{ items: JobItem[] }>('GET', `/v1/jobs?name=${encodeURIComponent(name)}`)).body.items[0];
    expect(await item('succeeded 3')).toMatchObject({ finalDigest: digest, stages: [{ options: passes[0]!.options }] });
    expect(await item('succeeded 4')).toMatchObject({ stages: [{ options: null }] });
  });

  it('finds jobs by a part of their names, and by the names of their passes, in any case', async () => {
    await database.pool.query(`update jobs set recipe = recipe || $1 where name = 'succeeded 9'`, [
      { name: 'Half 50%', passes: [{ pass: 'quantize', options: { q: 'sparse' } }] },
    ]);
    const found = async (q: string) =>
      (await api.call<{ items: JobItem[] }>('GET', `/v1/jobs?limit=200&q=${encodeURIComponent(q)}`)).body.items.map(
        ({ name }) => name,
      );
    expect(await found('EEDED 9')).toEqual(['succeeded 9']);
    expect(await found('half 50%')).toEqual(['succeeded 9']);
    expect(await found('quant')).toEqual(['succeeded 9']);
    expect(await found('sparse')).toEqual([]);
    expect(await found('_')).toEqual([]);
  });

  it('finds a job without a name of its own by that of its recipe, as lists show it', async () => {
    const nightly = [{ name: 'nightly' }];
    await database.pool.query(`update jobs set name = null, recipe = recipe || $1 where name = 'succeeded 6'`, nightly);
    const { items } = (await api.call<{ items: JobItem[] }>('GET', '/v1/jobs?name=nightly')).body;
    expect(items.map(({ name, title }) => [name, title])).toEqual([[null, 'nightly']]);
    await database.pool.query(
      `update jobs set name = 'succeeded 6' where name is null and recipe->>'name' = 'nightly'`,
    );
    expect((await api.call<{ items: JobItem[] }>('GET', '/v1/jobs?name=nightly')).body.items).toEqual([]);
  });

  it.each([
    ['name', `name = 'succeeded 5'`, 'jobs_by_name'],
    ['state', `state = 'queued'`, 'jobs_by_state'],
    ['model', `model_id = '${'b'.repeat(64)}'`, 'jobs_by_model'],
  ])('finds jobs by %s in an index', async (_what, condition, index) => {
    await insertManyJobs(database, { cancelled: 10_000 });
    await database.pool.query('analyze jobs');
    const { rows } = await database.pool.query(
      `explain (format json) select id from jobs where ${condition} order by created_at desc, id desc limit 51`,
    );
    expect(JSON.stringify(rows)).toContain(index);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { toEnvironment, type Job } from '#contracts';
import { connect, migrate, QueueRecords } from '#database';
import { openQueue } from '#queue';
import { createTestBucket, createTestDatabase, createTestRedis, mlp, startTcpProxy, type TcpProxy } from '#testing';
import { ApiHarness, modelBytes, PRUNE } from './api-harness.js';
import { insertManyJobs } from './many-jobs.js';
import { holdProcess } from './worker-harness.js';

const API = resolve(__dirname, '../dist/apps/api/src/main.js');

/** The same server behind a proxy that makes its outages. */
async function behindProxy(url: string): Promise<{ url: string; proxy: TcpProxy }> {
  const proxied = new URL(url);
  const proxy = await startTcpProxy(Number(proxied.port));
  proxied.port = String(proxy.port);
  return { url: proxied.href, proxy };
}

/** Ends an outage; connections that hung in it have lost what they carried. */
async function over(proxy: TcpProxy): Promise<void> {
  await proxy.stop();
  await proxy.restore();
}

describe('no request waits for a server that is away', () => {
  let api: ApiHarness;
  const proxies: TcpProxy[] = [];
  afterEach(async () => {
    for (const proxy of proxies) await over(proxy);
    await api.stop();
    for (const proxy of proxies.splice(0)) await proxy.close();
  });

  it.each(['stop', 'hang'] as const)(
    'when Redis is away (%s): jobs are accepted, cancelled and retried, and enqueued when it is back',
    async (outage) => {
      const redisUrl = await createTestRedis();
      const { url, proxy } = await behindProxy(redisUrl);
      proxies.push(proxy);
      api = await ApiHarness.start({ redisUrl: url });
      const before = await api.job();
      await proxy[outage]();
      const startedAt = Date.now();
      const accepted = await api.job({ name: 'meanwhile' });
      const cancelled = await api.call<Job>('POST', `/v1/jobs/${before.id}/cancel`);
      const retried = await api.call<Job>('POST', `/v1/jobs/${before.id}/retry`);
      expect([cancelled.status, retried.status, retried.body.state]).toEqual([200, 200, 'queued']);
      expect((await api.call('GET', '/ready')).status).toBe(503);
      // The readiness probe alone waits, for five seconds.
      expect(Date.now() - startedAt).toBeLessThan(90_000);
      await over(proxy);
      const queue = await openQueue({ databaseUrl: api.config.databaseUrl, redisUrl });
      while (
        !(await queue.has({ jobId: accepted.id, run: 1, stageCount: 1 })) ||
        !(await queue.has({ jobId: before.id, run: 2, stageCount: 1 }))
      )
        await wait(50);
      await queue.close();
    },
  );

  it.each(['stop', 'hang'] as const)(
    'when PostgreSQL is away (%s): 503 with Retry-After, and answers when it is back',
    async (outage) => {
      const { url, proxy } = await behindProxy(await createTestDatabase());
      proxies.push(proxy);
      api = await ApiHarness.start({ databaseUrl: url });
      const { id } = await api.job();
      await proxy[outage]();
      const paths = ['/v1/jobs', `/v1/jobs/${id}`, `/v1/jobs/${id}/events`];
      const answers = await Promise.all(paths.map((path) => api.call<{ code: string }>('GET', path)));
      expect(answers.map(({ status, body, headers }) => [status, body.code, headers.get('retry-after')])).toEqual(
        paths.map(() => [503, 'database_unavailable', '5']),
      );
      await over(proxy);
      let answer = await api.call('GET', `/v1/jobs/${id}`);
      while (answer.status === 503) answer = await api.call('GET', `/v1/jobs/${id}`);
      expect(answer.status).toBe(200);
    },
  );
});

describe('no request waits for a store that is away', () => {
  it('503 with Retry-After for reading, uploading and submitting, and answers when it is back', async () => {
    const bucket = await createTestBucket();
    const { url, proxy } = await behindProxy(bucket.s3Endpoint);
    const api = await ApiHarness.start({ ...bucket, s3Endpoint: url.replace(/\/$/, '') });
    const { id } = await api.model();
    proxy.hang();
    // Longer than the store is taken to be there without being asked.
    await wait(5500);
    const requests = [
      api.call('GET', `/v1/models/${id}/content`),
      api.upload(modelBytes(mlp([8, 5, 4]))),
      api.call('POST', '/v1/jobs', { json: { model: id, recipe: PRUNE } }),
      api.call('POST', '/v1/models', { json: { uri: `s3://${new URL(bucket.storeUrl).hostname}/net.onnx` } }),
    ];
    const startedAt = Date.now();
    const answers = await Promise.all(requests);
    expect(Date.now() - startedAt).toBeLessThan(90_000);
    expect(
      answers.map(({ status, headers, body }) => [status, headers.get('retry-after'), (body as { code: string }).code]),
    ).toEqual(requests.map(() => [503, '5', 'store_unavailable']));
    await over(proxy);
    expect((await api.call('POST', '/v1/jobs', { json: { model: id, recipe: PRUNE } })).status).toBe(201);
    await api.stop();
    await proxy.close();
  });
});

describe('an API with thousands of unfinished jobs', () => {
  const BACKLOG = 3000;

  it('is ready before the queue has them, ends at SIGTERM in the middle, and accepts jobs meanwhile', async () => {
    const databaseUrl = await createTestDatabase();
    const database = connect(databaseUrl);
    await migrate(database);
    await insertManyJobs(database, { queued: BACKLOG, succeeded: 20_000 });
    const left = async () => (await new QueueRecords(database).toEnqueue(BACKLOG + 10)).length;
    // Whoever has the rows of jobs for himself keeps them from being noted as given.
    const lock = await database.pool.connect();
    await lock.query('begin; set local idle_in_transaction_session_timeout = 0');
    await lock.query(`select from jobs where state = 'queued' for update`);
    const api = await ApiHarness.start({ databaseUrl });
    expect(await left()).toBe(BACKLOG);
    expect((await api.call('GET', '/ready')).status).toBe(200);
    expect((await api.job()).state).toBe('queued');
    const stopped = api.stop();
    await lock.query('rollback');
    lock.release();
    await stopped;
    const remaining = await left();
    expect(remaining).toBeGreaterThan(0);

    const environment = { ...process.env, ...toEnvironment({ ...api.config, apiKeyFile: undefined }) };
    const child = spawn(process.execPath, [API], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    await once(createInterface({ input: child.stdout }), 'line');
    while ((await left()) === remaining) await wait(20);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await database.close();
  });
});

describe('an Idempotency-Key', () => {
  let api: ApiHarness;
  beforeAll(async () => {
    api = await ApiHarness.start();
  });
  afterAll(() => api.stop());

  const submit = (key: string, json: unknown) =>
    api.call<Job>('POST', '/v1/jobs', { json, headers: { 'idempotency-key': key } });

  it('whose first request is still at work answers 409, and one whose owner died is free', async () => {
    const { id: model } = await api.model();
    const database = connect(api.config.databaseUrl);
    const check = await holdProcess(process);
    const first = submit('slow', { model, recipe: PRUNE });
    await check.isAsked();
    expect((await submit('slow', { model, recipe: PRUNE })).status).toBe(409);
    check.goOn();
    const { status, body } = await first;
    expect(status).toBe(201);
    expect((await submit('slow', { model, recipe: PRUNE })).body.id).toBe(body.id);

    // As a killed process leaves it.
    await database.pool.query(
      `update idempotency_keys set response = null, renewed_at = now() - interval '1 minute' where key = 'slow'`,
    );
    const again = await submit('slow', { model, recipe: PRUNE });
    expect([again.status, again.body.id === body.id]).toEqual([201, false]);
    await database.close();
  });
});

describe('a server that cannot start', () => {
  it.each([
    ['api', API],
    ['worker', API.replace('/api/', '/worker/')],
  ])('says why in words, for people and for its supervisor (%s)', async (name, program) => {
    const config = {
      port: 0,
      databaseUrl: 'postgres://postgres@127.0.0.1:1/nowhere',
      storeUrl: 'file:///tmp/coldpress-nowhere',
      workPath: tmpdir(),
    };
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, ...toEnvironment(config) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    child.stdout.on('data', (piece: Buffer) => (said.out += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (said.err += piece.toString()));
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(said.err).toBe(`coldpress ${name}: the database cannot be reached: connect ECONNREFUSED 127.0.0.1:1\n`);
    expect(JSON.parse(said.out)).toMatchObject({ ready: false, permanent: false });
  });
});

describe('an API whose log cannot be written', () => {
  it('starts, answers and ends', async () => {
    const databaseUrl = await createTestDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-log-'));
    const full = await open('/dev/full', 'w');
    const config = {
      port: 0,
      databaseUrl,
      storeUrl: pathToFileURL(join(folder, 'store')).href,
      workPath: join(folder, 'work'),
      logLevel: 'trace' as const,
    };
    const child = spawn(process.execPath, [API], {
      env: { ...process.env, ...toEnvironment(config) },
      stdio: ['ignore', 'pipe', full.fd],
    });
    const exited = once(child, 'exit');
    const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    for (let times = 0; times < 20; times++) expect((await fetch(`${url}/v1/jobs`)).status).toBe(401);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await full.close();
    await rm(folder, { recursive: true });
  });
});

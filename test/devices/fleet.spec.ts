import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import {
  isFinal,
  toEnvironment,
  type Benchmark,
  type Device,
  type EnrolmentCode,
  type Job,
  type RecipeGate,
  type Sweep,
  type SweepResults,
  type Trial,
} from '#contracts';
import { connect, type Database } from '#database';
import { ApiHarness } from '../api-harness.js';
import { openPage, signIn, type OpenPage } from '../browser.js';
import { auditOf, UNSTUCK } from '../dashboard-audit.js';
import { AgentProcess } from './agent-process.js';

const SCREENSHOTS = resolve(__dirname, '../../test-results');

const WORKER = resolve(__dirname, '../../dist/apps/worker/src/main.js');

/** As short as may be. */
const BENCHMARK = { runs: 20, sustained: '4s', within: 0 };
/** With samples a second besides. */
const ALL = { ...BENCHMARK, throughput: { batches: [1, 4], threads: [1, 2], seconds: 0.05 } };
/** Longer than any test. */
const LONG = { ...BENCHMARK, sustained: '30m', fresh: true };
/** Progress of a device that has looked at each model alone: what it times them in runs until they are known. */
const PROBED = 0.2;
/** No device is lost by itself, however slow the machine. */
const NEVER_MS = 3600_000;

describe('a job and its devices, each in a process of its own', () => {
  let api: ApiHarness;
  let database: Database;
  let worker: ChildProcess;
  let browser: OpenPage;
  const agents: AgentProcess[] = [];
  let measured = '';

  beforeAll(async () => {
    const dashboardPath = process.env['COLDPRESS_DASHBOARD_PATH'];
    const settings = { deviceHeartbeatMs: 500, deviceLostMs: NEVER_MS, host: '0.0.0.0', stageThreads: 1 };
    api = await ApiHarness.start({ ...settings, dashboardPath });
    database = connect(api.config.databaseUrl);
    browser = await openPage();
    worker = fork(WORKER, [], {
      env: { ...process.env, ...toEnvironment({ ...api.config, logLevel: 'warn' }) },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
    });
    for await (const line of createInterface({ input: worker.stdout! })) if (line.includes('"ready":true')) break;
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all(agents.map((agent) => agent.stop()));
    const ended = once(worker, 'exit');
    worker.kill('SIGTERM');
    await ended;
    await database.close();
    await api.stop();
  });

  async function agent(name: string, tags: readonly string[] = []): Promise<AgentProcess> {
    const { code } = (await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: {} })).body;
    const started = await AgentProcess.enrol(api.url, code, name, tags);
    agents.push(started);
    return started;
  }

  async function submit(options: object, gates: RecipeGate[] = []): Promise<Job> {
    const [model, dataset] = [await api.model(), await api.dataset()];
    const passes = [
      { pass: 'prune', options: { granularity: 'weight', ratio: 0.5 } },
      { pass: 'evaluate', options: { latencyRuns: 5, warmupRuns: 0, ...options } },
    ];
    const json = { model: model.id, dataset: dataset.id, recipe: { passes, gates } };
    return (await api.call<Job>('POST', '/v1/jobs', { json })).body;
  }

  const benchmarks = async ({ id }: Job): Promise<Benchmark[]> =>
    (await api.call<{ items: Benchmark[] }>('GET', `/v1/jobs/${id}/benchmarks`)).body.items;
  const ended = async ({ id }: Job): Promise<Job> =>
    until(
      async () => (await api.call<Job>('GET', `/v1/jobs/${id}`)).body,
      ({ state }) => isFinal(state),
    );

  async function until<T>(look: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await look();
      if (fits(value)) return value;
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  const hasBegun = ([row]: Benchmark[]) => row?.state === 'running' && row.progress > PROBED;

  /** A job of whose benchmarks the first is being measured: one that is over before it was seen is asked for anew. */
  async function begun(submitted: () => Promise<Job>): Promise<Job> {
    for (;;) {
      const job = await submitted();
      const seen = await until(
        () => benchmarks(job),
        (rows) => hasBegun(rows) || rows[0]?.state === 'succeeded',
      );
      if (hasBegun(seen)) return job;
    }
  }

  /** As if nobody had been heard of for hours who measures what the job asks for first, or had come to do it. */
  const makeLate = (job: Job, moment: 'expires_at' | 'deadline_at') =>
    database.pool.query(`update benchmarks set ${moment} = now() where job_id = $1 and ordinal = 0`, [job.id]);

  /** A page that joins as a device. */
  async function page(name: string): Promise<void> {
    const { code } = (await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: {} })).body;
    await browser.page.goto(`${api.url}/device#code=${code}&name=${name}`);
    await browser.page.getByRole('button', { name: 'Join' }).click();
    await browser.page
      .getByRole('status')
      .filter({ hasText: `is ${name}` })
      .waitFor();
  }

  it('is an objective and a constraint of a sweep, whose trials tell its figures', async () => {
    await agent('sweeper');
    const [model, dataset] = [await api.model(), await api.dataset()];
    const p95 = { device: 'sweeper', metric: 'p95Ms' };
    const sweep = {
      passes: [
        { pass: 'prune', options: { granularity: 'weight', ratio: { grid: [0.3, 0.6] } } },
        {
          pass: 'evaluate',
          options: { latencyRuns: 5, warmupRuns: 0, devices: ['sweeper'], benchmark: { ...BENCHMARK, seconds: 0 } },
        },
      ],
      objectives: [{ metric: 'compressedBytes' }, p95],
      constraints: [{ ...p95, max: 1e6 }],
    };
    const json = { model: model.id, dataset: dataset.id, sweep };
    const launched = (await api.call<Sweep>('POST', '/v1/sweeps', { json })).body;
    const path = `/v1/sweeps/${launched.id}`;
    const over = await until(
      async () => (await api.call<Sweep>('GET', path)).body,
      ({ state }) => state === 'finished' || state === 'failed',
    );
    expect(over).toMatchObject({ state: 'finished', counts: { complete: 2 }, feasible: 2 });
    const { items } = (await api.call<{ items: Trial[] }>('GET', `${path}/trials`)).body;
    expect(items.map(({ devices }) => (devices['p95Ms on sweeper'] ?? 0) > 0)).toEqual([true, true]);
    const { objectives, front } = (await api.call<SweepResults>('GET', `${path}/results`)).body;
    expect(objectives[1]).toEqual({ metric: 'p95Ms on sweeper', direction: 'minimize' });
    expect(front.length).toBeGreaterThan(0);
  });

  it('two agents and a browser measure one job: what the one that is killed was at is redone, the report has it all', async () => {
    const first = await agent('first', ['bench']);
    await page('page');
    const devices = [{ tag: 'bench', any: 1 }, 'page'];
    const gates: RecipeGate[] = [
      { device: { tag: 'bench' }, metric: 'providerShare', provider: 'CPUExecutionProvider' },
      { device: { tag: 'bench' }, metric: 'speedup', min: 100 },
      { device: 'page', metric: 'p50Ms', max: 10_000 },
      { device: 'page', metric: 'providerShare', provider: 'CPUExecutionProvider' },
    ];
    const asked = { devices, deviceInputs: 'data', benchmark: { ...ALL, fresh: true } };
    let [job, measuring] = [await begun(() => submit(asked, gates)), await first.children()];
    await first.kill();
    while ((await benchmarks(job))[0]?.state === 'succeeded') {
      first.run();
      [job, measuring] = [await begun(() => submit(asked, gates)), await first.children()];
      await first.kill();
    }
    await makeLate(job, 'expires_at');
    await agent('second', ['bench']);
    measured = job.id;
    const done = await ended(job);
    expect(done).toMatchObject({ state: 'succeeded', error: null, gatesPassed: false });
    expect(done.gates.map(({ passed }) => passed)).toEqual([true, false, true, true]);
    expect(done.gates[1]?.explanation).toMatch(/^speed-up on second is .*x \(95 % interval .*, not at least 100/);
    const [row, paged] = await benchmarks(job);
    expect(row).toMatchObject({ state: 'succeeded', device: 'second', attempts: 2, cached: false });
    expect(paged).toMatchObject({
      state: 'succeeded',
      device: 'page',
      result: { blocks: expect.any(Number) as number },
    });
    expect(browser.problems).toEqual([]);
    expect(row?.result?.models.map(({ label }) => label)).toEqual(['baseline', '1 prune']);
    expect(row?.result?.models[1]?.latencyRatio).toMatchObject({ verdict: expect.any(String) as string });
    for (const { models } of [row?.result, paged?.result].flatMap((result) => result ?? []))
      expect(models.every(({ sustained }) => (sustained?.windowSeconds ?? 0) > 1)).toBe(true);
    for (const result of [row?.result, paged?.result]) {
      expect(result).toMatchObject({ inputs: 'data' });
      expect(result?.notes).toContain('the inputs are samples of the data set');
      const points = (result?.throughput ?? []).map(({ batch, threads, reason, models }) => [
        ...[batch, threads, reason],
        models.filter(({ perSecond }) => perSecond > 0).length,
      ]);
      expect(points).toEqual([
        [1, 1, null, 2],
        [4, 1, null, 2],
        [1, 2, null, 2],
        [4, 2, null, 2],
      ]);
    }
    expect(paged?.result?.energy).toBeNull();
    expect(row?.result?.models[0]?.providers).toEqual({ CPUExecutionProvider: expect.closeTo(1, 5) as number });
    await until(
      async () => measuring.filter((pid) => existsSync(`/proc/${pid}`)),
      ({ length }) => length === 0,
    );
    const report = await api.call<string>('GET', `/v1/jobs/${job.id}/report`, { headers: { accept: 'text/markdown' } });
    expect(report.body).toContain('## Devices');
    expect(report.body).toMatch(/\| second \| 1 prune \|/);
    expect(report.body).toMatch(/\| second \| 1 prune \| 4 samples, 2 threads \| \d/);
    const raw = done.stages[1]?.artifacts.find(({ name }) => name === 'benchmark-2-second.json');
    const { models } = (await api.call<{ models: { samplesMs: number[] }[] }>('GET', `/v1/artifacts/${raw?.digest}`))
      .body;
    expect(models.map(({ samplesMs }) => samplesMs.length >= 20)).toEqual([true, true]);
  });

  it('a browser keeps what it has downloaded, takes what is kept for what it is after a look at its bytes alone, and sends a result however long the server is away', async () => {
    const rows = await benchmarks({ id: measured } as Job);
    const digests = rows.find(({ device }) => device === 'page')?.result?.models.map(({ digest }) => digest) ?? [];
    const [first = '', second = ''] = digests;
    await browser.page.evaluate(spoil(second));
    const downloads: string[] = [];
    browser.page.on('request', (request) => downloads.push(request.url()));
    await browser.page.route('**/result', (route) => route.abort());
    const job = await submit({ devices: ['page'], benchmark: { quick: true, fresh: true } });
    await browser.page.getByRole('status').getByText('it is asked again until it does').waitFor();
    await browser.page.unroute('**/result');
    expect(await ended(job)).toMatchObject({ state: 'succeeded' });
    expect(await benchmarks(job)).toMatchObject([{ state: 'succeeded', device: 'page' }]);
    const times = (digest: string) => downloads.filter((url) => url.includes(digest)).length;
    expect([times(first), times(second)]).toEqual([0, 1]);
  });

  it('a browser is an isolated device for as long as its page is open', async () => {
    const list = async () => (await api.call<{ items: Device[] }>('GET', '/v1/devices')).body.items;
    const found = (await list()).find(({ name }) => name === 'page');
    expect(found?.fingerprint).toMatchObject({ kind: 'browser', isa: ['wasm-simd', 'wasm-threads'] });
    await signIn(browser.page, { url: api.url, apiKey: api.key });
    await until(list, (devices) => devices.every(({ name }) => name !== 'page'));
  });

  it('the page shows what devices measured, and a code for the camera of a phone', async () => {
    const { page } = browser;
    await page.goto(`${api.url}/#/jobs/${measured}`);
    const devices = page.getByRole('region', { name: 'On devices' });
    await devices
      .getByRole('row', { name: /1 prune/ })
      .first()
      .waitFor();
    const text = await devices.innerText();
    expect(text).toMatch(/1 prune: last 2 s over first: \d\.\d\d times/);
    expect(text).toMatch(/4 samples, 2 threads\s+1 prune\s+[\d.,]+/);
    expect(text).toContain('energy: ');
    await page.goto(`${api.url}/#/devices`);
    await page.getByRole('link', { name: 'second', exact: true }).click();
    const history = page.getByRole('region', { name: 'History' });
    await history.getByRole('img', { name: 'Median latency over time on second, in milliseconds' }).waitFor();
    await history.getByRole('row', { name: /1 prune [\d.]+ / }).waitFor();
    await history.getByText('Table of the history on second').click();
    await history.getByRole('group', { name: 'Table of the history on second' }).locator('tbody tr').nth(1).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await page.screenshot({ path: join(SCREENSHOTS, 'device.png'), fullPage: true, style: UNSTUCK });
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    await page.getByRole('button', { name: 'Enrol a device' }).click();
    await page.getByRole('button', { name: 'Make a code' }).click();
    const dialog = page.getByRole('dialog');
    const networks = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    if (networks.some(({ internal, family }) => !internal && family === 'IPv4'))
      await dialog
        .getByRole('img', { name: /^Code for a camera: http:\/\/(?!127|localhost).*\/device#code=cpe_/ })
        .waitFor();
    else await dialog.getByText('the machine of the server is in no network').waitFor();
    expect(browser.problems).toEqual([]);
  });

  it('a device that is not there fails its benchmark alone, and the job tells why', async () => {
    const devices = ['nowhere', { tag: 'bench', any: 1 }];
    const job = await submit({ devices, deviceInputs: 'data', benchmark: ALL });
    await until(
      () => benchmarks(job),
      ([, known]) => known?.state === 'succeeded',
    );
    await makeLate(job, 'deadline_at');
    expect(await ended(job)).toMatchObject({ state: 'succeeded' });
    const [missing, known] = await benchmarks(job);
    expect(missing).toMatchObject({ state: 'failed', error: { code: 'benchmark_no_eligible_device' } });
    expect(known).toMatchObject({ state: 'succeeded', device: 'second', cached: true });
    const report = await api.call<string>('GET', `/v1/jobs/${job.id}/report`, { headers: { accept: 'text/markdown' } });
    expect(report.body).toContain('nowhere: not measured, no device took it within');
  });

  it('a device that comes back after its agent was killed is used at once', async () => {
    const back = await agent('back', []);
    await back.kill();
    const job = await submit({ devices: ['back'], benchmark: { quick: true } });
    back.run();
    expect(await ended(job)).toMatchObject({ state: 'succeeded' });
    expect(await benchmarks(job)).toMatchObject([{ state: 'succeeded', device: 'back' }]);
  });

  it('a device that is drained in mid-benchmark finishes it and takes no other; one that is removed ends and says why', async () => {
    const leaving = await agent('leaving', []);
    const listed = (await api.call<{ items: Device[] }>('GET', '/v1/devices')).body.items;
    const id = listed.find(({ name }) => name === 'leaving')?.id;
    const first = await begun(() => submit({ devices: ['leaving'], benchmark: { ...BENCHMARK, fresh: true } }));
    await api.call('POST', `/v1/devices/${id}/drain`);
    const second = await submit({ devices: ['leaving'], benchmark: LONG });
    expect(await ended(first)).toMatchObject({ state: 'succeeded' });
    await until(
      () => benchmarks(second),
      ([row]) => row?.status === 'no_usable_device',
    );
    await api.call('POST', `/v1/devices/${id}/resume`);
    await until(() => benchmarks(second), hasBegun);
    await api.call('DELETE', `/v1/devices/${id}`);
    await until(
      async () => leaving.output,
      (words) => words.includes('no device has this key: it was removed'),
    );
    expect(await benchmarks(second)).toMatchObject([{ state: 'waiting', status: 'no_eligible_device' }]);
    await api.call('POST', `/v1/jobs/${second.id}/cancel`);
  });

  it('a process that is killed while it measures costs an attempt, and a cancelled job its lease, never the agent', async () => {
    const steady = await agent('steady', []);
    const job = await submit({ devices: ['steady'], benchmark: LONG });
    await until(() => benchmarks(job), hasBegun);
    for (const pid of await steady.children()) process.kill(pid, 'SIGKILL');
    await steady.says(/benchmark_crashed|ended by SIGKILL/);
    await until(
      () => benchmarks(job),
      (rows) => rows[0]?.attempts === 2 && hasBegun(rows),
    );
    await api.call('POST', `/v1/jobs/${job.id}/cancel`);
    await steady.says(/the lease \S+ is lost/); // LeaseGoneError
    expect(await benchmarks(job)).toMatchObject([{ state: 'cancelled' }]);
    const next = await submit({ devices: ['steady'], benchmark: { quick: true, fresh: true } });
    expect(await ended(next)).toMatchObject({ state: 'succeeded' });
  });
});

/** A script for the page: changes a byte of a file that the browser keeps; rejects where it keeps none of that digest. */
const spoil = (digest: string): string => `new Promise((done, fail) => {
  const asked = indexedDB.open('coldpress-device');
  asked.onsuccess = () => {
    const files = asked.result.transaction('files', 'readwrite').objectStore('files');
    const found = files.get('${digest}');
    found.onsuccess = () => {
      if (!found.result) return fail(new Error('nothing is kept of ${digest}'));
      const bytes = new Uint8Array(found.result);
      bytes[0] = 255 - bytes[0];
      files.put(bytes.buffer, '${digest}').onsuccess = () => (asked.result.close(), done(null));
    };
  };
})`;

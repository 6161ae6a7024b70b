import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { isFinal, toEnvironment, type Benchmark, type Device, type EnrolmentCode, type Job } from '#contracts';
import { ApiHarness } from '../api-harness.js';
import { openPage, type OpenPage } from '../browser.js';
import { AgentProcess } from './agent-process.js';

const WORKER = resolve(__dirname, '../../dist/apps/worker/src/main.js');

/** Long enough to be killed in, short enough to wait for. */
const BENCHMARK = { runs: 20, seconds: 3, within: 0 };

describe('a job and its devices, each in a process of its own', () => {
  let api: ApiHarness;
  let worker: ChildProcess;
  let browser: OpenPage;
  const agents: AgentProcess[] = [];

  beforeAll(async () => {
    const dashboardPath = resolve(__dirname, '../../dist/dashboard');
    const short = { deviceHeartbeatMs: 500, deviceLostMs: 5000 };
    api = await ApiHarness.start({ ...short, stageThreads: 1, dashboardPath });
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
    await api.stop();
  });

  async function agent(name: string, tags: readonly string[] = []): Promise<AgentProcess> {
    const { code } = (await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: {} })).body;
    const started = await AgentProcess.enrol(api.url, code, name, tags);
    agents.push(started);
    return started;
  }

  async function submit(options: object): Promise<Job> {
    const [model, dataset] = [await api.model(), await api.dataset()];
    const passes = [
      { pass: 'prune', options: { granularity: 'weight', ratio: 0.5 } },
      { pass: 'evaluate', options: { latencyRuns: 5, warmupRuns: 0, ...options } },
    ];
    const json = { model: model.id, dataset: dataset.id, recipe: { passes } };
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

  it('two agents and a browser measure one job: what the one that is killed was at is redone, the report has it all', async () => {
    const first = await agent('first', ['bench']);
    await page('page');
    const devices = [{ tag: 'bench', any: 1 }, 'page'];
    const job = await submit({ devices, benchmark: BENCHMARK });
    await until(
      () => benchmarks(job),
      ([row]) => row?.state === 'running' && row.progress > 0.3,
    );
    const measuring = await first.children();
    await first.kill();
    await agent('second', ['bench']);
    const done = await ended(job);
    expect(done).toMatchObject({ state: 'succeeded', error: null });
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
    expect(row?.result?.models[0]?.providers).toEqual({ CPUExecutionProvider: expect.closeTo(1, 5) as number });
    await until(
      async () => measuring.filter((pid) => existsSync(`/proc/${pid}`)),
      ({ length }) => length === 0,
    );
    const report = await api.call<string>('GET', `/v1/jobs/${job.id}/report`, { headers: { accept: 'text/markdown' } });
    expect(report.body).toContain('## Devices');
    expect(report.body).toMatch(/\| second \| 1 prune \|/);
    const raw = done.stages[1]?.artifacts.find(({ name }) => name === 'benchmark-2-second.json');
    const { models } = (await api.call<{ models: { samplesMs: number[] }[] }>('GET', `/v1/artifacts/${raw?.digest}`))
      .body;
    expect(models.map(({ samplesMs }) => samplesMs.length >= 20)).toEqual([true, true]);
  });

  it('a browser is an isolated device for as long as its page is open', async () => {
    const list = async () => (await api.call<{ items: Device[] }>('GET', '/v1/devices')).body.items;
    const found = (await list()).find(({ name }) => name === 'page');
    expect(found?.fingerprint).toMatchObject({ kind: 'browser', isa: ['wasm-simd', 'wasm-threads'] });
    await browser.page.goto('about:blank');
    await until(list, (devices) => devices.every(({ name }) => name !== 'page'));
  });

  it('a device that is not there fails its benchmark alone, and the job tells why', async () => {
    const job = await submit({
      devices: ['nowhere', { tag: 'bench', any: 1 }],
      benchmark: { ...BENCHMARK, timeLimitMinutes: 0.1 },
    });
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

  it('a process that is killed while it measures costs an attempt, and a cancelled job its lease, never the agent', async () => {
    const steady = await agent('steady', []);
    const job = await submit({ devices: ['steady'], benchmark: { ...BENCHMARK, seconds: 30 } });
    const begun = ([row]: Benchmark[]) => row?.state === 'running' && row.progress > 0.2;
    await until(() => benchmarks(job), begun);
    for (const pid of await steady.children()) process.kill(pid, 'SIGKILL');
    await steady.says(/benchmark_crashed|ended by SIGKILL/);
    await until(
      () => benchmarks(job),
      (rows) => rows[0]?.attempts === 2 && begun(rows),
    );
    await api.call('POST', `/v1/jobs/${job.id}/cancel`);
    await steady.says(/the lease \S+ is lost/); // LeaseGoneError
    expect(await benchmarks(job)).toMatchObject([{ state: 'cancelled' }]);
    const next = await submit({ devices: ['steady'], benchmark: { quick: true, fresh: true } });
    expect(await ended(next)).toMatchObject({ state: 'succeeded' });
  });
});

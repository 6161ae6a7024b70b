import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BenchmarkSettings, Recipe, type Benchmark, type EnrolmentCode } from '#contracts';
import { BenchmarkRepository, connect, JobRepository, type Database } from '#database';
import { ApiHarness } from '../api-harness.js';

const AGENT = resolve(__dirname, '../../examples/agents/python/agent.py');
/** One that has onnxruntime. */
const PYTHON = process.env['PYTHON'] ?? 'python3';
const hasRuntime = spawnSync(PYTHON, ['-c', 'import onnxruntime, numpy']).status === 0;

if (!hasRuntime) console.log(`examples/agents/python is not tried: ${PYTHON} has no onnxruntime`);

(hasRuntime ? describe : describe.skip)('examples/agents/python/agent.py', () => {
  let api: ApiHarness;
  let database: Database;
  let folder: string;
  let agent: ChildProcess;

  beforeAll(async () => {
    api = await ApiHarness.start({ deviceHeartbeatMs: 500, deviceLostMs: 10_000 });
    database = connect(api.config.databaseUrl);
    folder = await mkdtemp(join(tmpdir(), 'coldpress-python-'));
    const { code } = (await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: {} })).body;
    const stdio = ['ignore', 'inherit', 'inherit'] as const;
    agent = spawn(PYTHON, [AGENT, api.url, 'jetson', code], { cwd: folder, stdio: [...stdio] });
  });
  afterAll(async () => {
    agent.kill();
    await once(agent, 'exit');
    await database.close();
    await api.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Asks the agent for a benchmark; returns its job. */
  async function ask(wishes: object): Promise<string> {
    const model = await api.model();
    const recipe = Recipe.parse({ passes: [{ pass: 'evaluate' }] });
    const preflight = { problems: [], skipped: [] };
    const stages = [{ pass: 'evaluate', options: {} }];
    const given = { name: null, modelId: model.id, datasetId: null, recipe, preflight, stages };
    const job = await new JobRepository(database).create(given);
    const [input] = model.inspection.inputs;
    const dims = (input?.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
    const inputs = [{ name: input?.name ?? '', type: input?.type ?? '', dims }];
    const settings = BenchmarkSettings.parse(wishes);
    const work = { models: [{ digest: model.id, label: 'baseline' }], inputs, settings };
    const wanted = { asked: 'jetson', wantedName: 'jetson', wantedTag: null, askedTags: [], work, fresh: true };
    await new BenchmarkRepository(database).create(job.id, 0, [{ ...wanted, known: null }], 600_000);
    return job.id;
  }

  async function until(job: string, fits: (benchmark: Benchmark) => boolean): Promise<Benchmark> {
    for (;;) {
      const [row] = (await api.call<{ items: Benchmark[] }>('GET', `/v1/jobs/${job}/benchmarks`)).body.items;
      if (row && fits(row)) return row;
    }
  }

  it('measures and reports as any device does, with what ran each node', async () => {
    const ended = await until(await ask({ quick: true }), ({ state }) => state === 'succeeded' || state === 'failed');
    expect(ended).toMatchObject({ state: 'succeeded', device: 'jetson', result: { quick: true, blocks: 50 } });
    const [model] = ended.result?.models ?? [];
    expect(model?.providers).toEqual({ CPUExecutionProvider: expect.closeTo(1, 5) as number });
    expect(ended.result?.notes).toEqual(
      expect.arrayContaining(['its agent does not measure energy, memory, a second load', 'the inputs are made up']),
    );
  });

  it('stops what it is at when its heartbeat is refused, and takes the next lease', async () => {
    const long = await ask({ runs: 1_000_000, seconds: 3600, within: 0, seed: 1 });
    await until(long, ({ state }) => state === 'running');
    await api.call('POST', `/v1/jobs/${long}/cancel`);
    const next = await ask({ quick: true, seed: 2 });
    expect(await until(next, ({ state }) => state === 'succeeded' || state === 'failed')).toMatchObject({
      state: 'succeeded',
      device: 'jetson',
      attempts: 1,
    });
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BenchmarkSettings, Recipe, type Benchmark, type EnrolmentCode } from '#contracts';
import { BenchmarkRepository, connect, JobRepository } from '#database';
import { ApiHarness } from '../api-harness.js';

const AGENT = resolve(__dirname, '../../examples/agents/python/agent.py');
/** One that has onnxruntime. */
const PYTHON = process.env['PYTHON'] ?? 'python3';
const hasRuntime = spawnSync(PYTHON, ['-c', 'import onnxruntime, numpy']).status === 0;

if (!hasRuntime) console.log(`examples/agents/python is not tried: ${PYTHON} has no onnxruntime`);

(hasRuntime ? describe : describe.skip)('examples/agents/python/agent.py', () => {
  it('enrols, measures and reports as any device does', async () => {
    const api = await ApiHarness.start({ deviceHeartbeatMs: 500, deviceLostMs: 10_000 });
    const database = connect(api.config.databaseUrl);
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-python-'));
    const { code } = (await api.call<EnrolmentCode>('POST', '/v1/devices/codes', { json: {} })).body;
    const agent = spawn(PYTHON, [AGENT, api.url, 'jetson', code], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    try {
      const model = await api.model();
      const recipe = Recipe.parse({ passes: [{ pass: 'evaluate' }] });
      const preflight = { problems: [], skipped: [] };
      const stages = [{ pass: 'evaluate', options: {} }];
      const given = { name: null, modelId: model.id, datasetId: null, recipe, preflight, stages };
      const job = await new JobRepository(database).create(given);
      const [input] = model.inspection.inputs;
      const dims = (input?.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
      const inputs = [{ name: input?.name ?? '', type: input?.type ?? '', dims }];
      const settings = BenchmarkSettings.parse({ quick: true });
      const work = { models: [{ digest: model.id, label: 'baseline' }], inputs, settings };
      const wanted = { asked: 'jetson', wantedName: 'jetson', wantedTag: null, work, fresh: false, known: null };
      await new BenchmarkRepository(database).create(job.id, 0, [wanted], 600_000);
      let rows: Benchmark[] = [];
      while (!rows.every(({ state }) => state === 'succeeded' || state === 'failed') || rows.length === 0)
        rows = (await api.call<{ items: Benchmark[] }>('GET', `/v1/jobs/${job.id}/benchmarks`)).body.items;
      expect(rows).toMatchObject([{ state: 'succeeded', device: 'jetson', result: { quick: true, blocks: 50 } }]);
    } finally {
      agent.kill();
      await once(agent, 'exit');
      await database.close();
      await api.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

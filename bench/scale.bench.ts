import { setTimeout as wait } from 'node:timers/promises';
import { hasEnded, type Model, type Sweep, type Trial } from '#contracts';
import { connect, StageMachineRepository, StageResultRepository, type Database } from '#database';
import { checkSpace, parseSweep, planSweep, stageKey, stageRuntime, type SweepPlan } from '#pipeline';
import { writeModel } from '#onnx';
import { convNet } from '#testing';
import { round, type BenchResult } from './harness.js';
import { Servers } from './servers.js';

/** Trials unless a number is given. */
const TRIALS = 300;

/**
 * A sweep of trials whose passes do nothing: their results are stored before, so that what is measured is all that
 * surrounds a pass. API and worker are killed while it runs. Words: a number of trials, `postgres`, `redis`.
 */
export async function run(parts: readonly string[]): Promise<BenchResult[]> {
  const trials = Number(parts.find((part) => /^\d+$/.test(part)) ?? TRIALS);
  const named = parts.filter((part): part is 'postgres' | 'redis' => part === 'postgres' || part === 'redis');
  const results: BenchResult[] = [];
  for (const backend of named.length > 0 ? named : (['postgres', 'redis'] as const))
    results.push(await measure(backend, trials));
  return results;
}

async function measure(backend: 'postgres' | 'redis', trials: number): Promise<BenchResult> {
  const servers = await Servers.open(backend, { concurrency: 4 });
  const database = connect(servers.config.databaseUrl);
  try {
    const bytes = new Uint8Array(writeModel(convNet({ channels: [1, 4, 4], size: 8, classes: 4 })));
    const model = await servers.call<Model>('POST', '/v1/models', bytes);
    const document = documentOf(trials);
    await storeResults(database, planSweep(document), model);
    const startedAt = performance.now();
    const { id } = await servers.call<Sweep>('POST', '/v1/sweeps', { model: model.id, sweep: document });
    const acceptedMs = performance.now() - startedAt;
    await killDuring(servers, id, trials);
    await ended(servers, id);
    const seconds = (performance.now() - startedAt) / 1000;
    const sweep = await servers.call<Sweep>('GET', `/v1/sweeps/${id}`);
    const tried = await assignments(servers, id);
    return {
      backend,
      trials,
      complete: sweep.counts.complete,
      lost: trials - sweep.counts.complete,
      twice: tried.length - new Set(tried).size,
      stages: sweep.cost.stages,
      stagesPerS: round(sweep.cost.stages / seconds),
      acceptedMs: round(acceptedMs),
      apiPeakMb: round(servers.peakMb('api')),
      workerPeakMb: round(servers.peakMb('worker')),
      databaseMb: round((await sizeOf(database)) / 1e6),
    };
  } finally {
    await database.close();
    await servers.stop();
  }
}

const documentOf = (trials: number) =>
  parseSweep({
    passes: [
      { pass: 'prune', options: { granularity: 'weight', ratio: 0.5, samples: { min: 1, max: trials, step: 1 } } },
      { pass: 'prune', options: { granularity: 'weight', ratio: 0.6 } },
    ],
    objectives: [{ metric: 'bytes' }],
    limits: { trials, parallel: 16 },
    sampler: 'grid',
  });

/** Results of every stage under the keys of this worker: each stage's model is its input. */
async function storeResults(database: Database, plan: SweepPlan, model: Model): Promise<void> {
  const [machine] = await new StageMachineRepository(database).list();
  if (!machine) throw new Error('the worker has not said what enters its keys');
  const runtime = stageRuntime(machine);
  const results = new StageResultRepository(database);
  const { parameters, nonZeros } = model.inspection;
  const metrics = { bytes: model.bytes, compressedBytes: model.bytes, parameters, nonZeros };
  const known = new Set<string>();
  const { valid } = await checkSpace(plan);
  const first = valid[0]!.stages;
  for (const assignment of plan.space.all())
    for (const stage of first) {
      const samples = stage.index === 0 ? assignment['prune.samples'] : stage.options['samples'];
      const inputs = { input: model.id, baseline: model.id, history: [model.id, model.id].slice(0, stage.index + 1) };
      const completed = { ...stage, options: { ...stage.options, samples } };
      const key = stageKey({
        stage: completed,
        ...inputs,
        dataset: null,
        seed: plan.document.seed,
        runtime: runtime(stage),
      });
      if (known.has(key)) continue;
      known.add(key);
      await results.put({
        key,
        pass: stage.pass,
        modelDigest: model.id,
        modelBytes: model.bytes,
        changed: true,
        metrics,
        history: null,
        skipped: [],
        summary: {},
        artifacts: [{ name: 'model.onnx', digest: model.id, bytes: model.bytes }],
        seconds: 0,
      });
    }
}

/** Kills the worker, then the API, each once a third more of the trials is done. */
async function killDuring(servers: Servers, id: string, trials: number): Promise<void> {
  for (const [at, app] of (['worker', 'api'] as const).entries()) {
    await until(servers, id, ({ counts }) => counts.complete >= ((at + 1) * trials) / 3);
    await servers.kill(app);
    await servers.start(app);
  }
}

const ended = (servers: Servers, id: string) => until(servers, id, ({ state }) => hasEnded(state));

async function until(servers: Servers, id: string, fits: (sweep: Sweep) => boolean): Promise<void> {
  while (!fits(await servers.call<Sweep>('GET', `/v1/sweeps/${id}`))) await wait(250);
}

async function assignments(servers: Servers, id: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null = '0'; cursor !== null;) {
    const page: { items: Trial[]; nextCursor: string | null } = await servers.call(
      'GET',
      `/v1/sweeps/${id}/trials?limit=1000&cursor=${cursor}`,
    );
    found.push(...page.items.map(({ assignment }) => JSON.stringify(assignment)));
    cursor = page.nextCursor;
  }
  return found;
}

async function sizeOf(database: Database): Promise<number> {
  const { rows } = await database.pool.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes');
  return Number(rows[0]?.bytes ?? 0);
}

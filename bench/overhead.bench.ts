import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isFinal, toEnvironment, type Job } from '#contracts';
import { modelMetrics } from '#evaluation';
import { connect, EventRepository, JobRepository, migrate, ModelRepository, startEmbeddedPostgres } from '#database';
import { inspectModel, writeModel } from '#onnx';
import { parseRecipe, planStages } from '#pipeline';
import { openQueue } from '#queue';
import { openStore } from '#storage';
import { convNet, startRedis } from '#testing';
import { quantile, round, type BenchResult } from './harness.js';

const JOBS = 12;
/** Jobs before the clock starts: connections, the spare process, caches. */
const WARMUP_JOBS = 2;
const STAGES = 4;
const WORKER = fileURLToPath(new URL('../apps/worker/src/main.js', import.meta.url));

/**
 * What the pipeline costs over the passes' own work: submit to first stage running, and per stage, on both queue
 * backends. Sizing a result, brotli above all, takes `sizingMs` by itself and goes on behind later stages; the end of
 * the job waits for it, so that `jobMsP50`, from submit to report, holds what is left of it.
 */
export async function run(): Promise<BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
  const postgres = await startEmbeddedPostgres({ dataPath: join(folder, 'postgres') });
  const redis = await startRedis(join(folder, 'redis'), process.env['PATH'] ?? '');
  try {
    return [
      await measure('postgres', folder, postgres.url),
      await measure('redis', folder, postgres.url, redis.nextUrl()),
    ];
  } finally {
    await redis.stop();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(backend: string, folder: string, databaseUrl: string, redisUrl?: string): Promise<BenchResult> {
  const config = {
    databaseUrl,
    ...(redisUrl ? { redisUrl } : {}),
    storeUrl: pathToFileURL(join(folder, backend, 'store')).href,
    workPath: join(folder, backend, 'work'),
    stageThreads: 1,
    lockMs: 30_000,
    s3Region: 'us-east-1',
  };
  const database = connect(databaseUrl);
  await migrate(database);
  const store = await openStore(config);
  const queue = await openQueue(config);
  const worker = await startWorker(toEnvironment({ ...config, logLevel: 'warn' }));
  try {
    const model = convNet({ channels: [1, 8, 16], size: 32, classes: 10 });
    const file = writeModel(model);
    const { digest, bytes } = await store.put(file);
    await new ModelRepository(database).add({ id: digest, name: 'small', bytes, inspection: inspectModel(model) });
    const jobs = new JobRepository(database);
    const events = new EventRepository(database);
    const firstMs: number[] = [];
    const stageMs: number[] = [];
    const jobMs: number[] = [];
    const stop = new AbortController();
    for (let run = 0; run < WARMUP_JOBS + JOBS; run++) {
      const recipe = parseRecipe(recipeOf(backend, run));
      const stages = planStages(recipe).map(({ pass, options }) => ({ pass, options }));
      const submittedAt = Date.now();
      const { id } = await jobs.create({
        name: null,
        modelId: digest,
        datasetId: null,
        recipe,
        preflight: { problems: [], skipped: [] },
        stages,
      });
      await queue.addJobs([{ jobId: id, stageCount: STAGES, run: 1 }]);
      for await (const { event } of events.follow(id, 0, stop.signal))
        if (event.type === 'job' && isFinal(event.state)) break;
      if (run < WARMUP_JOBS) continue;
      const job = await jobs.require(id);
      firstMs.push(Date.parse(job.stages[0]!.startedAt!) - submittedAt);
      stageMs.push(...overheads(job));
      jobMs.push(Date.parse(job.finishedAt!) - submittedAt);
    }
    return {
      backend,
      jobs: JOBS,
      stages: JOBS * STAGES,
      firstStageMsP50: round(quantile(firstMs, 0.5)),
      firstStageMsP95: round(quantile(firstMs, 0.95)),
      overheadMsP50: round(quantile(stageMs, 0.5)),
      overheadMsP95: round(quantile(stageMs, 0.95)),
      jobMsP50: round(quantile(jobMs, 0.5)),
      sizingMs: await sizingMs(file),
    };
  } finally {
    worker.kill('SIGTERM');
    await once(worker, 'exit');
    await queue.close();
    await store.close();
    await database.close();
  }
}

async function sizingMs(model: Uint8Array): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const startedAt = performance.now();
    await modelMetrics(model);
    times.push(performance.now() - startedAt);
  }
  return round(quantile(times, 0.5));
}

/** From the end of the stage before (or its own start) to its end, less the pass's own time. */
function overheads(job: Job): number[] {
  return job.stages.map((stage, index) => {
    const from = index === 0 ? stage.startedAt : job.stages[index - 1]!.finishedAt;
    return Date.parse(stage.finishedAt!) - Date.parse(from!) - stage.seconds! * 1000;
  });
}

/** Cheap stages whose keys no other run shares. */
function recipeOf(backend: string, run: number): object {
  const seed = run + (backend === 'redis' ? 1000 : 0);
  const prune = (ratio: number) => ({ pass: 'prune', options: { granularity: 'weight', ratio } });
  return { seed, passes: Array.from({ length: STAGES }, (_, index) => prune((index + 1) / 10)) };
}

async function startWorker(environment: Record<string, string>): Promise<ChildProcess> {
  const worker = fork(WORKER, [], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await new Promise<void>((ready) =>
    createInterface({ input: worker.stdout! }).on('line', (line) => line.includes('"ready":true') && ready()),
  );
  return worker;
}

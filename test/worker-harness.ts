import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import {
  DatasetManifest,
  isFinal,
  toEnvironment,
  type Config,
  type Job,
  type JobEvent,
  type StoredDataset,
} from '#contracts';
import {
  connect,
  DatasetRepository,
  EventRepository,
  JobRepository,
  migrate,
  ModelRepository,
  type Database,
} from '#database';
import { canonicalJson, parseRecipe, planStages } from '#pipeline';
import { openQueue, type StageQueue } from '#queue';
import { openStore, type ArtifactStore } from '#storage';
import { writeModel } from '#onnx';
import { convNet, createTestDatabase, createTestRedis } from '#testing';
import { parse } from 'yaml';

const WORKER = resolve(__dirname, '../dist/apps/worker/src/main.js');
const EXAMPLE = resolve(__dirname, '../examples/seed-net');

/** Records, queue and store of one test, with the example's model and data in them, and workers as processes of their own. */
export class WorkerHarness {
  readonly jobs: JobRepository;
  readonly events: EventRepository;
  readonly workers: ChildProcess[] = [];
  modelId = '';
  datasetId = '';

  private constructor(
    readonly config: Partial<Config>,
    readonly folder: string,
    readonly database: Database,
    readonly store: ArtifactStore,
    readonly queue: StageQueue,
  ) {
    this.jobs = new JobRepository(database);
    this.events = new EventRepository(database);
  }

  static async start(backend: 'postgres' | 'redis', settings: Partial<Config> = {}): Promise<WorkerHarness> {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-worker-'));
    const config = {
      databaseUrl: await createTestDatabase(),
      ...(backend === 'redis' ? { redisUrl: await createTestRedis() } : {}),
      storeUrl: pathToFileURL(join(folder, 'store')).href,
      workPath: join(folder, 'work'),
      stageThreads: 1,
      lockMs: 1000,
      s3Region: 'us-east-1',
      ...settings,
    };
    const database = connect(config.databaseUrl);
    await migrate(database);
    const harness = new WorkerHarness(config, folder, database, await openStore(config), await openQueue(config));
    harness.modelId = await harness.addModel(writeModel(convNet({ channels: [1, 8, 16], size: 32, classes: 10 })));
    harness.datasetId = await harness.addDataset();
    return harness;
  }

  async addModel(model: Uint8Array): Promise<string> {
    const { digest, bytes } = await this.store.put(model);
    const inspection = {
      inputs: [],
      outputs: [],
      irVersion: 8,
      opset: 17,
      producer: '',
      ops: {},
      nodes: 0,
      parameters: 0,
      nonZeros: 0,
      macs: null,
      warnings: [],
    };
    await new ModelRepository(this.database).add({ id: digest, name: 'model', bytes, inspection });
    return digest;
  }

  async submit(recipe: object, options: { enqueue?: boolean; data?: boolean } = {}): Promise<Job> {
    const parsed = parseRecipe(recipe);
    const stages = planStages(parsed).map(({ pass, options: passOptions }) => ({ pass, options: passOptions }));
    const job = await this.jobs.create({
      name: null,
      modelId: this.modelId,
      datasetId: options.data === false ? null : this.datasetId,
      recipe: parsed,
      preflight: { problems: [], skipped: [] },
      stages,
    });
    if (options.enqueue !== false) await this.queue.addJob({ jobId: job.id, stageCount: job.stages.length, run: 1 });
    return job;
  }

  async startWorker(settings: Partial<Config> = {}): Promise<ChildProcess> {
    const worker = fork(WORKER, [], {
      env: { ...process.env, ...toEnvironment({ ...this.config, logLevel: 'warn', ...settings }) },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.workers.push(worker);
    for await (const line of createInterface({ input: worker.stdout! })) if (line.includes('"ready":true')) break;
    return worker;
  }

  /** The first event that fits, from the start of the job's stream. */
  async event(jobId: string, fits: (event: JobEvent) => boolean): Promise<JobEvent> {
    const stop = new AbortController();
    for await (const { event } of this.events.follow(jobId, 0, stop.signal)) {
      if (!fits(event)) continue;
      stop.abort();
      return event;
    }
    throw new Error('the stream ended');
  }

  stageRunning(jobId: string, index: number): Promise<JobEvent> {
    return this.event(
      jobId,
      (event) => event.type === 'stage' && event.stage.index === index && event.stage.state === 'running',
    );
  }

  async end(jobId: string): Promise<Job> {
    await this.event(jobId, (event) => event.type === 'job' && isFinal(event.state));
    return this.jobs.require(jobId);
  }

  async stop(): Promise<void> {
    for (const worker of this.workers) await stopWorker(worker, 'SIGTERM');
    await this.events.close();
    await this.queue.close();
    await this.store.close();
    await this.database.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async addDataset(): Promise<string> {
    const manifest = DatasetManifest.parse(parse(await readFile(join(EXAMPLE, 'dataset.yaml'), 'utf8')));
    // A corner of the example's digits: stages end in a second or two.
    manifest.splits.train = { file: 'mnist-train.npz', start: 0, count: 512 };
    const files: StoredDataset['files'] = {};
    for (const name of ['mnist-train.npz', 'mnist-test.npz'])
      files[name] = (await this.store.putFile(join(EXAMPLE, name))).digest;
    const id = createHash('sha256').update(canonicalJson({ manifest, files })).digest('hex');
    await new DatasetRepository(this.database).add({
      id,
      name: 'mnist',
      bytes: 0,
      manifest,
      files,
      inspection: { inputs: {}, classes: 10, splits: {} },
    });
    return id;
  }
}

export async function stopWorker(worker: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.kill(signal);
  await once(worker, 'exit');
}

/** Process ids of the stage processes of a worker. */
export async function stageProcesses(worker: ChildProcess): Promise<number[]> {
  const children = await readFile(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8').catch(() => '');
  return children.trim().split(/\s+/).filter(Boolean).map(Number);
}

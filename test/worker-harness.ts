import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
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
  StageResultRepository,
  type Database,
} from '#database';
import { canonicalJson, parseRecipe, planStages } from '#pipeline';
import { openQueue, type StageQueue } from '#queue';
import { openStore, type ArtifactStore } from '#storage';
import { writeModel } from '#onnx';
import { EMPTY_INSPECTION, convNet, createTestDatabase, createTestRedis } from '#testing';
import { parse } from 'yaml';

const WORKER = resolve(__dirname, '../dist/apps/worker/src/main.js');
const EXAMPLE = resolve(__dirname, '../examples/seed-net');

const LOOK_MS = 20;

/** For tests that kill workers: others take their stages up soon, and on a busy machine those of living ones too. */
export const SHORT_LOCK = { lockMs: 1000 };

/**
 * Records, queue and store of one test, with the example's model and data in them, and workers as processes of their
 * own.
 */
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
    await new ModelRepository(this.database).add({ id: digest, name: 'model', bytes, inspection: EMPTY_INSPECTION });
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
    if (options.enqueue !== false) await this.queue.addJobs([{ jobId: job.id, stageCount: job.stages.length, run: 1 }]);
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

  /**
   * Keeps every stage of this key in the state `running`, without a result, until what this returns is called: a stage
   * waits for whoever is at an equal one.
   */
  async holdStage(key: string): Promise<() => Promise<void>> {
    const results = new StageResultRepository(this.database);
    let letGo: () => void = () => undefined;
    const isLet = new Promise<void>((resolve) => (letGo = resolve));
    let holding: Promise<void> = Promise.resolve();
    await new Promise<void>((isHeld, fail) => {
      holding = results.withLock(key, new AbortController().signal, () => (isHeld(), isLet));
      holding.catch(fail);
    });
    return async () => {
      letGo();
      await holding;
      await results.close();
    };
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

/** A process that stands still. */
export interface HeldProcess {
  /** Resolves once it has been asked for something, of which it computes nothing. */
  isAsked(): Promise<void>;
  goOn(): void;
  kill(): void;
  /** Resolves once it is gone. */
  isGone(): Promise<void>;
}

/** Stops the process that waits in a worker, or an API, for its next work, where nothing is being computed. */
export async function holdProcess(worker: Parent): Promise<HeldProcess> {
  let known: number[] = [];
  while (known.length === 0) known = await stageProcesses(worker);
  const signal = (name: NodeJS.Signals) => known.forEach((pid) => signalQuietly(pid, name));
  signal('SIGSTOP');
  // Another waits in its place from the moment on in which it is asked.
  const isAsked = async () => {
    while ((await stageProcesses(worker)).every((pid) => known.includes(pid))) await wait(LOOK_MS);
  };
  return { isAsked, goOn: () => signal('SIGCONT'), kill: () => signal('SIGKILL'), isGone: () => areGone(known) };
}

/** Resolves once none of the processes runs any more. */
export async function areGone(pids: readonly number[]): Promise<void> {
  for (const pid of pids) while (await isRunning(pid)) await wait(LOOK_MS);
}

/** One that has ended may stay in the system's table until somebody asks how. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

function signalQuietly(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

type Parent = Pick<ChildProcess, 'pid'>;

/** Process ids of the stage processes of a worker. */
export async function stageProcesses(worker: Parent): Promise<number[]> {
  const children = await readFile(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8').catch(() => '');
  return children.trim().split(/\s+/).filter(Boolean).map(Number);
}

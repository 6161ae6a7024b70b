import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import {
  hasEnded,
  parseEventStream,
  toEnvironment,
  type Config,
  type DatasetRecord,
  type Job,
  type JobEvent,
  type Model,
  type Sweep,
  type Trial,
} from '#contracts';
import { parse } from 'yaml';
import { ApiHarness, seedNet } from './api-harness.js';
import { stopWorker } from './worker-harness.js';

const WORKER = resolve(__dirname, '../dist/apps/worker/src/main.js');
const EXAMPLE = resolve(__dirname, '../examples/seed-net');

/** The API with workers as processes of their own, on seed-net and a corner of its digits. */
export class SweepHarness {
  readonly workers: ChildProcess[] = [];

  private constructor(
    readonly api: ApiHarness,
    readonly model: Model,
    readonly dataset: DatasetRecord,
  ) {}

  static async start(settings: Partial<Config> = {}): Promise<SweepHarness> {
    const api = await ApiHarness.startProcess({ stageThreads: 1, logLevel: 'warn', ...settings });
    const model = (await api.upload(await seedNet(), 'seed-net.onnx')).body;
    const manifest = parse(await readFile(join(EXAMPLE, 'dataset.yaml'), 'utf8')) as { splits: object };
    manifest.splits = {
      calibration: { file: 'mnist-train.npz', count: 64 },
      train: { file: 'mnist-train.npz', count: 256 },
      test: { file: 'mnist-test.npz', count: 200 },
    };
    const files: Record<string, Uint8Array<ArrayBuffer>> = {};
    for (const name of ['mnist-train.npz', 'mnist-test.npz'])
      files[name] = new Uint8Array(await readFile(join(EXAMPLE, name)));
    return new SweepHarness(api, model, (await api.sendDataset(manifest, files)).body);
  }

  async startWorker(settings: Partial<Config> = {}): Promise<ChildProcess> {
    const worker = fork(WORKER, [], {
      env: { ...process.env, ...toEnvironment({ ...this.api.config, logLevel: 'warn', ...settings }) },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.workers.push(worker);
    for await (const line of createInterface({ input: worker.stdout! })) if (line.includes('"ready":true')) break;
    return worker;
  }

  body(sweep: object): object {
    return { model: this.model.id, dataset: this.dataset.id, sweep };
  }

  async launch(sweep: object): Promise<Sweep> {
    const { status, body } = await this.api.call<Sweep>('POST', '/v1/sweeps', { json: this.body(sweep) });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body;
  }

  async get(id: string): Promise<Sweep> {
    return (await this.api.call<Sweep>('GET', `/v1/sweeps/${id}`)).body;
  }

  async trials(id: string): Promise<Trial[]> {
    return (await this.api.call<{ items: Trial[] }>('GET', `/v1/sweeps/${id}/trials?limit=1000`)).body.items;
  }

  /** Once it fits, looking again at every event of the sweep. */
  async until(id: string, fits: (sweep: Sweep) => boolean): Promise<Sweep> {
    const stop = new AbortController();
    const stream = await this.api.open('GET', `/v1/sweeps/${id}/events`, {}, stop.signal);
    try {
      for await (const _chunk of stream.body ?? []) {
        const sweep = await this.get(id);
        if (fits(sweep)) return sweep;
      }
      return await this.get(id);
    } finally {
      stop.abort();
    }
  }

  /** Once the training of a job has begun an epoch. */
  async untilEpoch(jobId: string, epoch: number): Promise<void> {
    const stop = new AbortController();
    const stream = await this.api.open('GET', `/v1/jobs/${jobId}/events`, {}, stop.signal);
    for await (const { data } of parseEventStream(stream.body!)) {
      const event = JSON.parse(data) as JobEvent;
      if (event.type === 'progress' && (event.values?.['epoch'] ?? 0) >= epoch) break;
    }
    stop.abort();
  }

  /** A job of its own, from submission to its end. */
  async run(recipe: object): Promise<Job> {
    const { body } = await this.api.call<Job>('POST', '/v1/jobs', {
      json: { model: this.model.id, dataset: this.dataset.id, recipe },
    });
    const stream = await this.api.open('GET', `/v1/jobs/${body.id}/events`);
    await stream.text();
    return (await this.api.call<Job>('GET', `/v1/jobs/${body.id}`)).body;
  }

  end(id: string): Promise<Sweep> {
    return this.until(id, ({ state, counts }) => hasEnded(state) && counts.running === 0);
  }

  async stop(): Promise<void> {
    for (const worker of this.workers) await stopWorker(worker, 'SIGTERM');
    await this.api.stop();
  }
}

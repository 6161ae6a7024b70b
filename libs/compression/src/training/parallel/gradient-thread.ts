import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RunError, type HostTensors } from '#inference';
import { TrainingError } from '../errors.js';

export interface GradientWorkerData {
  model: Uint8Array;
  threads: number;
}

export interface PartRequest {
  feeds: HostTensors;
  fetches: string[];
}

export type GradientAnswer = { outputs: HostTensors } | { error: string };

const MODULE = join('dist', 'libs', 'compression', 'src', 'training', 'parallel', 'gradient-worker.js');

/** A thread with a session of its own on the model that computes a part's gradient. */
export class GradientThread {
  private failure: unknown;

  private constructor(private readonly worker: Worker) {
    worker.on('error', (error) => (this.failure = error));
  }

  static start(data: GradientWorkerData): GradientThread {
    const worker = new Worker(modulePath(), { workerData: data });
    // It is waited for while it runs, and must not keep the process alive while it idles.
    worker.unref();
    return new GradientThread(worker);
  }

  /** Runs the model on feeds of which the thread takes possession. Throws RunError. */
  async run(request: PartRequest): Promise<HostTensors> {
    if (this.failure) throw this.failure;
    this.worker.ref();
    const answered = once(this.worker, 'message') as Promise<[GradientAnswer]>;
    const buffers = Object.values(request.feeds).map(({ data }) => data.buffer as ArrayBuffer);
    this.worker.postMessage(request, [...new Set(buffers)]);
    const [answer] = await answered;
    this.worker.unref();
    if ('error' in answer) throw new RunError(answer.error);
    return answer.outputs;
  }

  /** Ends the thread; never in the middle of a run. */
  async end(): Promise<void> {
    const exited = once(this.worker, 'exit');
    this.worker.ref();
    this.worker.postMessage(null);
    await exited;
  }
}

/** The compiled module of the thread, found from the source tree, from dist and from a bundle alike. */
function modulePath(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, MODULE))) return join(folder, MODULE);
    if (folder === dirname(folder)) throw new TrainingError(`${MODULE} does not exist: build the project first`);
  }
}

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { DocumentError, documentError } from './errors.js';
import type { DocumentLimits } from './limits.js';
import type { ReadAnswer, ReadRequest } from './thread.js';

/** A document within its limits takes a second on a slow machine. */
const DEADLINE_MS = 10_000;
/** The largest document that is allowed needs a tenth of it. */
const MEMORY_MB = 256;

/**
 * Reads documents in a thread of its own, one after the other: whatever a text does to its parser, the event loop goes
 * on.
 */
export class DocumentReader {
  private worker: Worker | undefined;
  private settle: ((answer: ReadAnswer | DocumentError) => void) | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly deadlineMs = DEADLINE_MS) {}

  /** Throws DocumentError, for a text that takes too long or too much memory as well. */
  read(text: string, limits: DocumentLimits): Promise<unknown> {
    const reading = this.turn.then(() => this.ask({ text, limits }));
    this.turn = reading.catch(() => undefined);
    return reading;
  }

  async close(): Promise<void> {
    const worker = this.worker;
    this.giveUp('the server stops: send it again');
    await worker?.terminate();
  }

  private async ask(request: ReadRequest): Promise<unknown> {
    const answer = await this.answer(request);
    if ('problems' in answer) throw new DocumentError(answer.problems);
    return answer.value;
  }

  private answer(request: ReadRequest): Promise<ReadAnswer> {
    const worker = (this.worker ??= this.startWorker());
    return new Promise<ReadAnswer>((resolve, reject) => {
      const timer = setTimeout(
        () => this.giveUp(`reading it takes more than ${this.deadlineMs / 1000} s: make it shorter and simpler`),
        this.deadlineMs,
      );
      this.settle = (answer) => {
        clearTimeout(timer);
        this.settle = undefined;
        if (answer instanceof DocumentError) reject(answer);
        else resolve(answer);
      };
      worker.postMessage(request);
    });
  }

  /** The thread goes with the text that it could not read. */
  private giveUp(problem: string): void {
    const worker = this.worker;
    this.worker = undefined;
    this.settle?.(documentError(problem));
    void worker?.terminate();
  }

  private startWorker(): Worker {
    const worker = new Worker(threadModulePath(), { resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } });
    const ifCurrent = (act: () => void) => () => worker === this.worker && act();
    worker.on('message', (answer: ReadAnswer) => ifCurrent(() => this.settle?.(answer))());
    worker.on(
      'error',
      ifCurrent(() => this.giveUp('reading it takes too much memory: make it shorter and simpler')),
    );
    worker.on(
      'exit',
      ifCurrent(() => this.giveUp('reading it was broken off: send it again')),
    );
    worker.unref();
    return worker;
  }
}

const THREAD_MODULE = join('dist', 'libs', 'documents', 'src', 'thread.js');

/** The compiled module of the thread, found from the source tree and from dist alike. */
function threadModulePath(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, THREAD_MODULE))) return join(folder, THREAD_MODULE);
  }
  throw documentError(`${THREAD_MODULE} does not exist: build the project first`);
}

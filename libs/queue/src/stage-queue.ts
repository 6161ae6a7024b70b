import { hostname } from 'node:os';
import { QUEUE_JOBS, type QueueEntry, type QueueJobs } from '#contracts';
import { DelayedError, UnrecoverableError, WaitingError, type Job, type Queue, type Worker } from 'bullmq';
import { openBackend, type Backend, type QueueConfig } from './backend.js';
import {
  AttemptError,
  Interrupted,
  PayloadError,
  PermanentFailure,
  Postponed,
  QueueUnavailableError,
} from './errors.js';
import { finishId, flowOf, pagesOf, QUEUE_NAME, RETRY_POLICY, type RetryPolicy } from './flow.js';
import { within } from './within.js';

/** What a handler knows besides its payload. */
export interface Attempt {
  /** Counted from 1; attempts that a killed worker left unfinished do not count. */
  attempt: number;
  /** No further attempt follows when this one fails. */
  isLast: boolean;
  /** Aborts when the worker is closed: the handler throws Interrupted then, as soon as it can. */
  shutdown: AbortSignal;
}

/** Exactly one handler for each name of queue job. */
export type Handlers = { [N in keyof QueueJobs]: (payload: QueueJobs[N], attempt: Attempt) => Promise<void> };

export interface WorkerSettings {
  concurrency: number;
  /** How long a job may go without a sign of life of its worker before another takes it over. */
  lockMs: number;
  onError?: (error: Error) => void;
  /** What it is called among those that are connected: letters, digits, and `-._:`. */
  name?: string;
}

export interface RunningWorker {
  /** Takes no more jobs, tells the handlers that run by their signal, and resolves when they have ended. */
  close(): Promise<void>;
}

/** The queue of stages on one of its two backends. */
export interface StageQueue {
  readonly backend: Backend['name'];
  /** BullMQ's own queue, for boards that show it. */
  readonly bull: object;
  /**
   * Adds the flows of jobs, those that are there already left out, in as few commands as their sizes allow; safe to
   * call by many processes at a time. Throws QueueUnavailableError when no answer comes in time, and whatever keeps the
   * queue from taking them: then some of them may be there.
   */
  addJobs(entries: readonly QueueEntry[]): Promise<void>;
  /** Whether the job's flow has not drained yet. Throws QueueUnavailableError. */
  has(entry: QueueEntry): Promise<boolean>;
  /**
   * Takes the flow of a job out of the queue; false when a worker holds one of its stages or it is gone. Throws
   * QueueUnavailableError.
   */
  remove(entry: QueueEntry): Promise<boolean>;
  /** Lets the end of a job that was postponed come now; nothing where it was not. Throws QueueUnavailableError. */
  wakeFinish(entry: Pick<QueueEntry, 'jobId' | 'run'>): Promise<void>;
  worker(handlers: Handlers, settings: WorkerSettings): RunningWorker;
  /**
   * Names the queue and what it holds: another one when its server may have lost that. Throws QueueUnavailableError.
   */
  identity(): Promise<string>;
  /** Queue jobs by state, for people and probes. Throws QueueUnavailableError. */
  counts(): Promise<Record<string, number>>;
  /** Names of the workers that are connected, as `host:process`. Throws QueueUnavailableError. */
  workers(): Promise<string[]>;
  close(): Promise<void>;
}

/** Stage processes do the heavy work, so a worker that loses a job this often is being killed, not unlucky. */
const MAX_STALLED = 100;
const RUN_RETRY_MS = 2000;
/** How long the queue's server gets for one answer. */
const ANSWER_MS = 10_000;

/** Opens the queue that the configuration names and prepares its server. Throws QueueUnavailableError. */
export async function openQueue(config: QueueConfig, policy: RetryPolicy = RETRY_POLICY): Promise<StageQueue> {
  const backend = await openBackend(config).catch((error: unknown) => {
    throw new QueueUnavailableError(error);
  });
  const { connection, classes } = backend;
  const queue = new classes.Queue(QUEUE_NAME, { connection });
  const flows = new classes.FlowProducer({ connection });
  // Errors of single commands reach their callers; those of the connection itself heal or show in counts().
  queue.on('error', () => undefined);
  flows.on('error', () => undefined);
  const workers = new Set<RunningWorker>();

  const has = async (entry: QueueEntry) => (await queue.getJob(finishId(entry))) !== undefined;
  const addPage = async (entries: readonly QueueEntry[]) => {
    const areHeld = await Promise.all(entries.map(has));
    const fresh = entries.filter((_, at) => !areHeld[at]);
    if (fresh.length > 0) await flows.addBulk(fresh.map((entry) => flowOf(entry, policy)));
  };
  const remove = async (entry: QueueEntry) => {
    const root = await queue.getJob(finishId(entry));
    if (!root) return false;
    return root.remove({ removeChildren: true }).then(
      () => true,
      () => false,
    );
  };
  const wakeFinish = async (entry: Pick<QueueEntry, 'jobId' | 'run'>) => {
    const job = await queue.getJob(finishId(entry));
    // It may be taken, or end, in the same moment: then it looks by itself.
    if (job && (await job.isDelayed())) await job.promote().catch(() => undefined);
  };
  return {
    backend: backend.name,
    bull: queue,
    has: (entry) => within(ANSWER_MS, has(entry)),
    addJobs: async (entries) => {
      for (const page of pagesOf(entries)) await within(ANSWER_MS, addPage(page));
    },
    remove: (entry) => within(ANSWER_MS, remove(entry)),
    wakeFinish: (entry) => within(ANSWER_MS, wakeFinish(entry)),
    identity: () =>
      within(ANSWER_MS, backend.identity()).catch((error: unknown) => {
        throw error instanceof QueueUnavailableError ? error : new QueueUnavailableError(error);
      }),
    worker: (handlers, settings) => {
      const shutdown = new AbortController();
      const worker = new classes.Worker<unknown, void>(QUEUE_NAME, processor(handlers, shutdown.signal), {
        connection,
        name: settings.name ?? ownName(),
        concurrency: settings.concurrency,
        lockDuration: settings.lockMs,
        stalledInterval: Math.max(250, Math.floor(settings.lockMs / 2)),
        maxStalledCount: MAX_STALLED,
        runRetryDelay: RUN_RETRY_MS,
      }) as unknown as Worker<unknown, void>;
      worker.on('error', (error) => settings.onError?.(error));
      const running = {
        close: async () => {
          shutdown.abort();
          await worker.close();
        },
      };
      workers.add(running);
      return running;
    },
    counts: () =>
      within(ANSWER_MS, queue.getJobCounts()).catch((error: unknown) => {
        throw error instanceof QueueUnavailableError ? error : new QueueUnavailableError(error);
      }),
    workers: () =>
      within(ANSWER_MS, namesOf(queue)).catch((error: unknown) => {
        throw error instanceof QueueUnavailableError ? error : new QueueUnavailableError(error);
      }),
    close: async () => {
      await Promise.all([...workers].map((worker) => worker.close()));
      await Promise.all([queue.close(), flows.close()]);
      await backend.close();
    },
  };
}

/** What PostgreSQL keeps of a connection's name, 63 bytes, holds it. */
const LONGEST_HOST = 32;
const ownName = (): string =>
  `${hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, LONGEST_HOST)}:${process.pid}`;

async function namesOf(queue: Pick<Queue, 'getWorkers'>): Promise<string[]> {
  const clients = await queue.getWorkers();
  const names = clients.flatMap(({ rawname }) => rawname?.split(':w:')[1] ?? []);
  return [...new Set(names)].sort();
}

type Processor = (job: Job<unknown, void>, token?: string) => Promise<void>;

function processor(handlers: Handlers, shutdown: AbortSignal): Processor {
  return async (job, token) => {
    const attempt = job.attemptsMade + 1;
    const isLast = attempt >= (job.opts.attempts ?? 1);
    try {
      await dispatch(handlers, job.name, job.data, { attempt, isLast, shutdown });
    } catch (error) {
      if (error instanceof Interrupted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      if (error instanceof Postponed) {
        await job.moveToDelayed(Date.now() + error.delayMs, token);
        throw new DelayedError();
      }
      const message = cleanText(error instanceof Error ? error.message : String(error));
      throw error instanceof PermanentFailure || error instanceof PayloadError
        ? new UnrecoverableError(message)
        : new AttemptError(message);
    }
  };
}

async function dispatch(handlers: Handlers, name: string, data: unknown, attempt: Attempt): Promise<void> {
  if (!isJobName(name)) throw new PayloadError(name, 'no handler of this name');
  const parsed = QUEUE_JOBS[name].safeParse(data);
  if (!parsed.success) throw new PayloadError(name, parsed.error);
  // The table of schemas and that of handlers are keyed alike, which TypeScript does not follow.
  const handle = handlers[name] as (payload: unknown, attempt: Attempt) => Promise<void>;
  return handle(parsed.data, attempt);
}

const isJobName = (name: string): name is keyof QueueJobs => Object.hasOwn(QUEUE_JOBS, name);

/** PostgreSQL refuses NUL and lone surrogates: one in an error's message would block the failure itself. */
function cleanText(text: string): string {
  return text.replaceAll(/\u0000|\p{Surrogate}/gu, '\ufffd');
}

import { setTimeout as wait } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { QueueEntry } from '#contracts';
import { QUEUE } from '#infrastructure';
import { QueueFeeder, type StageQueue } from '#queue';

const RETRY_MS = 5000;
/** Accepted jobs that wait in memory for their way into the queue; what is above that comes from the records. */
const MAX_WAITING = 1000;
const BATCH = 50;
const STOP_MS = 2000;

/**
 * Puts accepted jobs into the queue, behind the requests that accept them: no client waits for the queue. The rows are
 * the truth: when the queue does not answer, the jobs are accepted all the same and enqueued once it is back, by this
 * process or whichever comes next.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly stopping = new AbortController();
  private waiting: QueueEntry[] = [];
  private working: Promise<void> | undefined;
  private isDue = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(QUEUE) private readonly queue: StageQueue,
    private readonly feeder: QueueFeeder,
  ) {}

  /** Begins with what an earlier process left, which may take long: nothing waits for it. */
  onApplicationBootstrap(): void {
    this.later(0);
  }

  /** What is under way may wait for a server that is away; the records know what was not done. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await Promise.race([this.working, wait(STOP_MS, undefined, { ref: false })]);
  }

  /** Never throws and is not to be waited for: what cannot be enqueued now is enqueued later. */
  dispatch(entries: readonly QueueEntry[]): void {
    if (this.waiting.length + entries.length > MAX_WAITING) this.later(RETRY_MS);
    else this.waiting.push(...entries);
    this.work();
  }

  /**
   * Takes a job that was cancelled out of the queue, where that is possible: its stages find in the records that there
   * is nothing to do.
   */
  withdraw(entry: QueueEntry): void {
    this.queue.remove(entry).catch(() => undefined);
  }

  /** One piece of work at a time; what comes meanwhile is done behind it. */
  private work(): void {
    this.working ??= this.workOff()
      .catch((error: unknown) => {
        this.waiting = [];
        if (this.stopping.signal.aborted) return;
        this.logger.warn({ err: error }, 'accepted jobs cannot be enqueued; trying again');
        this.later(RETRY_MS);
      })
      .finally(() => (this.working = undefined));
  }

  private async workOff(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      if (this.isDue) await this.reconcile();
      else if (this.waiting.length > 0) await this.feeder.feed(this.waiting.splice(0, BATCH));
      else return;
    }
  }

  private async reconcile(): Promise<void> {
    this.isDue = false;
    const isDone = await this.feeder.reconcile(this.stopping.signal);
    if (!isDone) this.later(RETRY_MS);
  }

  private later(ms: number): void {
    if (this.stopping.signal.aborted) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isDue = true;
      this.work();
    }, ms).unref();
  }
}

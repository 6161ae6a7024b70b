import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { QueueEntry } from '#contracts';
import { JobRepository } from '#database';
import type { StageQueue } from '#queue';
import { QUEUE } from '../infrastructure/tokens.js';

const RETRY_MS = 5000;

/**
 * Puts accepted jobs into the queue. The rows are the truth: when the queue does not answer, the jobs are accepted all the same
 * and enqueued once it is back, by this process or whichever comes next.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Dispatcher.name);
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    @Inject(QUEUE) private readonly queue: StageQueue,
    private readonly jobs: JobRepository,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.reconcile();
  }

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** Never throws: what cannot be enqueued now is enqueued later. */
  async dispatch(entries: readonly QueueEntry[]): Promise<void> {
    try {
      for (const entry of entries) await this.queue.addJob(entry);
    } catch (error) {
      this.logger.warn({ err: error }, 'the queue does not take jobs; trying again');
      this.later();
    }
  }

  private async reconcile(): Promise<void> {
    const entries = await this.jobs.unfinished().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'the records do not answer; trying again');
      this.later();
      return [];
    });
    await this.dispatch(entries);
  }

  private later(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.reconcile(), RETRY_MS).unref();
  }
}

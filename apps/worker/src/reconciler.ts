import type { JobRepository } from '#database';
import type { StageQueue } from '#queue';

const EVERY_MS = 15_000;

/**
 * Puts into the queue what the records say must be there: a job accepted just before a crash, or a queue that lost its
 * data. The records are written first, so nothing accepted is lost.
 */
export class Reconciler {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly jobs: JobRepository,
    private readonly queue: StageQueue,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Reconciles once, then again and again. */
  async start(): Promise<void> {
    await this.reconcile();
    this.timer = setInterval(() => (this.running = this.reconcile().catch(this.onError)), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async reconcile(): Promise<void> {
    for (const entry of await this.jobs.unfinished()) await this.queue.addJob(entry);
  }
}

import type { QueueEntry } from '#contracts';
import type { StageQueue } from './stage-queue.js';

/** What the feeder asks of the records; they are the truth, the queue is fed from them. */
export interface FedRecords {
  /** Jobs that the queue was not given yet, oldest first. */
  toEnqueue(limit: number): Promise<QueueEntry[]>;
  markEnqueued(entries: readonly QueueEntry[]): Promise<void>;
  /** Jobs that the queue should still hold, by id from the one after `id`. */
  enqueuedAfter(id: string | null, limit: number): Promise<QueueEntry[]>;
  isKnownQueue(identity: string): Promise<boolean>;
  /** Whatever has not ended is to be enqueued again. */
  changeQueue(identity: string): Promise<void>;
}

/**
 * Jobs that are given to the queue and noted together: what a process that dies meanwhile gives it twice, without harm.
 */
const BATCH = 50;
/** Jobs that one pass looks up in the queue although it was given them. */
const AUDIT = 200;

/**
 * Gives the queue what the records say that it must hold. The work of a pass goes with what has changed, not with what
 * is open: jobs that were not given yet, all of them when the queue is another one or was emptied, and otherwise a page
 * of those that it should hold, in turn.
 */
export class QueueFeeder {
  private auditedTo: string | null = null;

  constructor(
    private readonly records: FedRecords,
    private readonly queue: Pick<StageQueue, 'addJobs' | 'identity'>,
    /** Runs the work unless another process is at such work; false then. */
    private readonly exclusively: (work: () => Promise<void>) => Promise<boolean>,
  ) {}

  /** Gives the queue these jobs and notes it. Throws what keeps it from taking them. */
  async feed(entries: readonly QueueEntry[]): Promise<void> {
    await this.queue.addJobs(entries);
    await this.records.markEnqueued(entries);
  }

  /** One pass; false when another process is at one. Ends early, between two batches, when the signal aborts. */
  reconcile(signal: AbortSignal): Promise<boolean> {
    return this.exclusively(async () => {
      const identity = await this.queue.identity();
      if (!(await this.records.isKnownQueue(identity))) await this.records.changeQueue(identity);
      await this.feedAll(signal);
      if (!signal.aborted) await this.audit();
    });
  }

  private async feedAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const entries = await this.records.toEnqueue(BATCH);
      if (entries.length === 0) return;
      await this.feed(entries);
    }
  }

  private async audit(): Promise<void> {
    const page = await this.records.enqueuedAfter(this.auditedTo, AUDIT);
    await this.queue.addJobs(page);
    this.auditedTo = page.length < AUDIT ? null : (page.at(-1)?.jobId ?? null);
  }
}

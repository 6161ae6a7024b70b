import type { QueueEntry } from '#contracts';
import { and, asc, gt, inArray, not, sql } from 'drizzle-orm';
import type { Database } from './database.js';
import { jobs, jobStages } from './schema.js';
import { SettingRepository } from './setting-repository.js';

/** In the words of the partial indices. */
const isOpen = sql`${jobs.state} in ('queued', 'running')`;
const QUEUE_IDENTITY = 'queue identity';
/** Rows that one statement changes. */
const PAGE = 1000;

/** What the records say that the queue must hold: jobs that have not ended, and whether the queue was given them. */
export class QueueRecords {
  private readonly settings: SettingRepository;

  constructor(private readonly database: Database) {
    this.settings = new SettingRepository(database);
  }

  /** Jobs that the queue was not given yet, oldest first. */
  toEnqueue(limit: number): Promise<QueueEntry[]> {
    const isLeft = not(jobs.enqueued);
    return this.entries(isLeft).orderBy(asc(jobs.createdAt), asc(jobs.id)).limit(limit);
  }

  /** Jobs that the queue was given and should still hold, by id from the one after `id`. */
  enqueuedAfter(id: string | null, limit: number): Promise<QueueEntry[]> {
    const isLater = id === null ? undefined : gt(jobs.id, id);
    return this.entries(and(jobs.enqueued, isLater)).orderBy(asc(jobs.id)).limit(limit);
  }

  /** Notes that the queue was given these runs; a job that was retried meanwhile stays as it is. */
  async markEnqueued(entries: readonly QueueEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const pairs = sql.join(
      entries.map(({ jobId, run }) => sql`(${jobId}::uuid, ${run}::integer)`),
      sql`, `,
    );
    const wasGiven = sql`(${jobs.id}, ${jobs.run}) in (${pairs})`;
    await this.database.orm.update(jobs).set({ enqueued: true }).where(wasGiven);
  }

  /** Which queue was given the jobs: another one, or one that lost what it held, must be given them again. */
  async isKnownQueue(identity: string): Promise<boolean> {
    return (await this.settings.get(QUEUE_IDENTITY)) === identity;
  }

  /** Takes another queue for the one: whatever has not ended is to be enqueued again. */
  async changeQueue(identity: string): Promise<void> {
    while ((await this.forgetPage()) === PAGE);
    await this.settings.set(QUEUE_IDENTITY, identity);
  }

  private async forgetPage(): Promise<number> {
    const { orm } = this.database;
    const { id } = jobs;
    const page = orm.select({ id }).from(jobs).where(and(isOpen, jobs.enqueued)).limit(PAGE);
    const forgotten = await orm.update(jobs).set({ enqueued: false }).where(inArray(id, page)).returning({ id });
    return forgotten.length;
  }

  private entries(condition: ReturnType<typeof and>) {
    const stageCount = sql<number>`(select count(*)::int from ${jobStages} where ${jobStages.jobId} = ${jobs.id})`;
    const { id: jobId, run, priority } = jobs;
    const entry = { jobId, run, priority, stageCount };
    return this.database.orm.select(entry).from(jobs).where(and(isOpen, condition));
  }
}

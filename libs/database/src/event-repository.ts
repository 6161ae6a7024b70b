import type { JobEvent, StoredJobEvent } from '#contracts';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database, Queries } from './database.js';
import { followEvents } from './follow-events.js';
import { Notifications } from './notifications.js';
import { jobEvents, jobs } from './schema.js';
import { storable } from './text.js';

const PAGE = 500;

/** The events of each job, in the order of their ids; every append wakes those who follow the job in any process. */
export class EventRepository {
  private readonly notifications: Notifications;

  constructor(private readonly database: Database) {
    this.notifications = new Notifications(database.url, 'coldpress_events');
  }

  append(jobId: string, event: JobEvent): Promise<void> {
    return appendEvent(this.database.orm, jobId, event);
  }

  async listAfter(jobId: string, lastId: number, limit = PAGE): Promise<StoredJobEvent[]> {
    const isLater = and(eq(jobEvents.jobId, jobId), gt(jobEvents.id, lastId));
    const rows = await this.database.orm
      .select()
      .from(jobEvents)
      .where(isLater)
      .orderBy(asc(jobEvents.id))
      .limit(limit);
    return rows.map(({ id, at, event }) => ({ id, at: at.toISOString(), event }));
  }

  /** Id of a job's newest event; 0 for a job that has none or is not there. */
  async newestId(jobId: string): Promise<number> {
    const { lastEvent } = jobs;
    const [row] = await this.database.orm.select({ lastEvent }).from(jobs).where(eq(jobs.id, jobId));
    return row?.lastEvent ?? 0;
  }

  /** Calls `wake` whenever the job may have new events, and after a lost connection; returns how to stop. */
  subscribe(jobId: string, wake: () => void): Promise<() => void> {
    return this.notifications.subscribe(jobId, wake);
  }

  /** Every event after `lastId`, then those that follow as they come, until the signal aborts. */
  follow(jobId: string, lastId: number, signal: AbortSignal): AsyncGenerator<StoredJobEvent> {
    const listAfter = (last: number) => this.listAfter(jobId, last);
    const subscribe = (wake: () => void) => this.subscribe(jobId, wake);
    return followEvents({ listAfter, subscribe }, lastId, signal);
  }

  async close(): Promise<void> {
    await this.notifications.close();
  }
}

/** The channel on which whoever drives sweeps is woken, and its one topic. */
export const SWEEPS_CHANNEL = 'coldpress_sweeps';
export const ANY_SWEEP = 'any';

/**
 * Appends within the caller's transaction. The job's row lock makes ids visible in their order; a deleted job takes
 * none. What a trial's job has found or come to wakes whoever drives its sweep.
 */
export async function appendEvent(queries: Queries, jobId: string, event: JobEvent): Promise<void> {
  const isNews = event.type === 'job' || (event.type === 'stage' && event.stage.state === 'succeeded');
  await queries.execute(sql`
    with next as (update jobs set last_event = last_event + 1 where id = ${jobId} returning last_event, sweep_id),
      added as (insert into job_events (job_id, id, event) select ${jobId}::uuid, last_event, ${JSON.stringify(storable(event))}::jsonb from next returning id)
    select pg_notify('coldpress_events', ${jobId}::text),
      case when ${isNews} and next.sweep_id is not null then pg_notify(${SWEEPS_CHANNEL}, ${ANY_SWEEP}) end
    from added, next`);
}

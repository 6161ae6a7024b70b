import type { StoredSweepEvent, SweepEvent } from '#contracts';
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database, Queries } from '../database.js';
import { ANY_SWEEP, SWEEPS_CHANNEL } from '../event-repository.js';
import { followEvents } from '../follow-events.js';
import { Notifications } from '../notifications.js';
import { storable } from '../text.js';
import { sweepEvents, sweeps } from './sweep-schema.js';

const PAGE = 500;
const CHANNEL = 'coldpress_sweep_events';

/**
 * The events of each sweep, in the order of their ids; every append wakes those who follow the sweep in any process.
 */
export class SweepEventRepository {
  private readonly followers: Notifications;
  private readonly drivers: Notifications;

  constructor(private readonly database: Database) {
    this.followers = new Notifications(database.url, CHANNEL);
    this.drivers = new Notifications(database.url, SWEEPS_CHANNEL);
  }

  async listAfter(sweepId: string, lastId: number, limit = PAGE): Promise<StoredSweepEvent[]> {
    const isLater = and(eq(sweepEvents.sweepId, sweepId), gt(sweepEvents.id, lastId));
    const ofSweep = this.database.orm.select().from(sweepEvents).where(isLater);
    const rows = await ofSweep.orderBy(asc(sweepEvents.id)).limit(limit);
    return rows.map(({ id, at, event }) => ({ id, at: at.toISOString(), event }));
  }

  /** Id of a sweep's newest event; 0 for one that has none or is not there. */
  async newestId(sweepId: string): Promise<number> {
    const { lastEvent } = sweeps;
    const [row] = await this.database.orm.select({ lastEvent }).from(sweeps).where(eq(sweeps.id, sweepId));
    return row?.lastEvent ?? 0;
  }

  /** Every event after `lastId`, then those that follow as they come, until the signal aborts. */
  follow(sweepId: string, lastId: number, signal: AbortSignal): AsyncGenerator<StoredSweepEvent> {
    const listAfter = (last: number) => this.listAfter(sweepId, last);
    const subscribe = (wake: () => void) => this.followers.subscribe(sweepId, wake);
    return followEvents({ listAfter, subscribe }, lastId, signal);
  }

  /** Calls `wake` whenever a sweep may have something to do: a change, a stage or a job of a trial that ended. */
  onWork(wake: () => void): Promise<() => void> {
    return this.drivers.subscribe(ANY_SWEEP, wake);
  }

  async close(): Promise<void> {
    await Promise.all([this.followers.close(), this.drivers.close()]);
  }
}

/** Appends within the caller's transaction, under the sweep's row lock. */
export function appendSweepEvent(queries: Queries, sweepId: string, event: SweepEvent): Promise<void> {
  return appendSweepEvents(queries, sweepId, [event]);
}

/** Appends events in their order by one statement, as `appendSweepEvent` does one. */
export async function appendSweepEvents(queries: Queries, sweepId: string, events: readonly SweepEvent[]) {
  if (events.length === 0) return;
  const count = events.length;
  await queries.execute(sql`
    with next as (update sweeps set last_event = last_event + ${count}::int where id = ${sweepId} returning last_event),
      added as (insert into sweep_events (sweep_id, id, event)
        select ${sweepId}::uuid, last_event - ${count}::int + place::int, event
        from next, jsonb_array_elements(${JSON.stringify(storable(events))}::jsonb) with ordinality as list(event, place)
        returning id)
    select pg_notify(${CHANNEL}, ${sweepId}::text) from added limit 1`);
}

/** Wakes whoever drives sweeps, once the caller's transaction is done. */
export async function wakeDrivers(queries: Queries): Promise<void> {
  await queries.execute(sql`select pg_notify(${SWEEPS_CHANNEL}, ${ANY_SWEEP})`);
}

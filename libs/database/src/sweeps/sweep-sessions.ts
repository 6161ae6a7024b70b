import { asc, eq, inArray, or } from 'drizzle-orm';
import type { Database } from '../database.js';
import { lockSweep } from './sweep-repository.js';
import { sweeps, trials } from './sweep-schema.js';
import { SweepSession } from './sweep-session.js';

/** The sweeps that are to be driven. */
export class SweepSessions {
  constructor(private readonly database: Database) {}

  /** Sweeps that may have something to do, those that were cancelled with trials that run still included. */
  async open(): Promise<string[]> {
    const { orm } = this.database;
    const running = orm.select({ id: trials.sweepId }).from(trials).where(eq(trials.state, 'running'));
    const isOpen = inArray(sweeps.state, ['running', 'paused', 'stopping']);
    const hasRunning = inArray(sweeps.id, running);
    const rows = await orm
      .select({ id: sweeps.id })
      .from(sweeps)
      .where(or(isOpen, hasRunning))
      .orderBy(asc(sweeps.createdAt));
    return rows.map(({ id }) => id);
  }

  /** Does the work in one transaction under the sweep's lock, unless another process holds it; undefined then. */
  async tryRun<T>(sweepId: string, work: (session: SweepSession) => Promise<T>): Promise<T | undefined> {
    return this.database.orm.transaction(async (queries) => {
      const isIt = eq(sweeps.id, sweepId);
      const [row] = await queries.select().from(sweeps).where(isIt).for('no key update', { skipLocked: true });
      return row ? work(new SweepSession(queries, row)) : undefined;
    });
  }

  /** Does the work once the sweep's lock is free. Throws NotFoundError. */
  async run<T>(sweepId: string, work: (session: SweepSession) => Promise<T>): Promise<T> {
    return this.database.orm.transaction(async (queries) => {
      const row = await lockSweep(queries, sweepId);
      return work(new SweepSession(queries, row));
    });
  }
}

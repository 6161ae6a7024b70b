import type { Trial, TrialQuery } from '#contracts';
import { and, asc, eq, gte, ne } from 'drizzle-orm';
import type { Database } from '../database.js';
import { NotFoundError } from '../errors.js';
import { storable } from '../text.js';
import { trials } from './sweep-schema.js';
import { readTrials } from './trial-row.js';

/** The trials of sweeps as clients read them. */
export class TrialRepository {
  constructor(private readonly database: Database) {}

  /** In the order of their numbers. */
  async list(
    sweepId: string,
    { cursor, limit, state }: TrialQuery,
  ): Promise<{ items: Trial[]; nextCursor: string | null }> {
    const rows = await this.database.orm
      .select()
      .from(trials)
      .where(
        and(
          eq(trials.sweepId, sweepId),
          state === undefined ? undefined : eq(trials.state, state),
          cursor === undefined ? undefined : gte(trials.number, Number(cursor)),
        ),
      )
      .orderBy(asc(trials.number))
      .limit(limit + 1);
    const next = rows[limit];
    return {
      items: await readTrials(this.database.orm, rows.slice(0, limit)),
      nextCursor: next ? String(next.number) : null,
    };
  }

  /** Every trial that has ended, in the order of numbers. */
  async ended(sweepId: string): Promise<Trial[]> {
    const rows = await this.database.orm
      .select()
      .from(trials)
      .where(and(eq(trials.sweepId, sweepId), ne(trials.state, 'running')))
      .orderBy(asc(trials.number));
    return readTrials(this.database.orm, rows);
  }

  /** Throws NotFoundError. */
  async require(sweepId: string, number: number): Promise<Trial> {
    const rows = await this.database.orm.select().from(trials).where(at(sweepId, number));
    const [trial] = await readTrials(this.database.orm, rows);
    if (!trial) throw new NotFoundError('trial', `${sweepId}/${number}`);
    return trial;
  }

  /** Notes the name under which the trial's model went to the store. */
  async promote(sweepId: string, number: number, name: string): Promise<Trial> {
    await this.database.orm
      .update(trials)
      .set({ promotedAs: storable(name) })
      .where(at(sweepId, number));
    return this.require(sweepId, number);
  }
}

const at = (sweepId: string, number: number) => and(eq(trials.sweepId, sweepId), eq(trials.number, number));

import { ColumnsOfTrials, type StageMetrics, type Trial, type TrialColumns, type TrialQuery } from '#contracts';
import { and, asc, desc, eq, getTableColumns, gte, ne, sql } from 'drizzle-orm';
import type { Database } from '../database.js';
import { NotFoundError } from '../errors.js';
import { jobs } from '../schema.js';
import { storable } from '../text.js';
import type { MeasuredTrial } from './earlier-trial.js';
import { trials } from './sweep-schema.js';
import { readTrials } from './trial-row.js';

/** Trials that are read at a time where all are. */
const AT_A_TIME = 1000;

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
    const items = await readTrials(this.database.orm, rows.slice(0, limit));
    return { items, nextCursor: next ? String(next.number) : null };
  }

  /** All of them in columns; raw latencies are not even read. */
  async columns(sweepId: string): Promise<TrialColumns> {
    const shown = {
      ...getTableColumns(trials),
      metrics: sql<StageMetrics | null>`${trials.metrics} - 'latencySamplesMs'`,
    };
    const made = new ColumnsOfTrials();
    for (let from = 0; ;) {
      const rows = await this.database.orm
        .select(shown)
        .from(trials)
        .where(and(eq(trials.sweepId, sweepId), gte(trials.number, from)))
        .orderBy(asc(trials.number))
        .limit(AT_A_TIME);
      for (const trial of await readTrials(this.database.orm, rows)) made.add(trial);
      const last = rows.at(-1);
      if (!last || rows.length < AT_A_TIME) return made.columns;
      from = last.number + 1;
    }
  }

  /** Every trial that has ended, in the order of numbers. */
  async ended(sweepId: string): Promise<Trial[]> {
    const hasEnded = and(eq(trials.sweepId, sweepId), ne(trials.state, 'running'));
    const rows = await this.database.orm.select().from(trials).where(hasEnded).orderBy(asc(trials.number));
    return readTrials(this.database.orm, rows);
  }

  /** All that were begun and not cut off, those that the sweep began with included. */
  async begun(sweepId: string): Promise<Pick<Trial, 'assignment' | 'origin'>[]> {
    const { assignment, origin } = trials;
    return this.database.orm
      .select({ assignment, origin })
      .from(trials)
      .where(and(eq(trials.sweepId, sweepId), ne(trials.state, 'cancelled')));
  }

  /** Complete trials with the recipes that their jobs ran, the newest first. */
  async measured(sweepId: string): Promise<MeasuredTrial[]> {
    const { metrics, modelDigest } = trials;
    const rows = await this.database.orm
      .select({ jobId: jobs.id, recipe: jobs.recipe, baseline: jobs.baseline, metrics, modelDigest })
      .from(trials)
      .innerJoin(jobs, eq(jobs.id, trials.jobId))
      .where(and(eq(trials.sweepId, sweepId), eq(trials.state, 'complete')))
      .orderBy(desc(trials.number));
    return rows.flatMap((row) => (row.metrics ? [{ ...row, metrics: row.metrics }] : []));
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
    const promoted = { promotedAs: storable(name) };
    await this.database.orm.update(trials).set(promoted).where(at(sweepId, number));
    return this.require(sweepId, number);
  }
}

function at(sweepId: string, number: number) {
  return and(eq(trials.sweepId, sweepId), eq(trials.number, number));
}

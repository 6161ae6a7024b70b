import { randomUUID } from 'node:crypto';
import {
  hasEnded,
  type Sweep,
  type SweepDocument,
  type SweepForecast,
  type SweepItem,
  type SweepQuery,
  type SweepState,
} from '#contracts';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Database, Queries } from '../database.js';
import { isForeignKeyViolation, NotFoundError, SweepStateError } from '../errors.js';
import { storeAnswer, type KeyClaim } from '../idempotency-repository.js';
import { jobs, type StoredResponse } from '../schema.js';
import { storable } from '../text.js';
import { insertEarlier, type EarlierTrial } from './earlier-trial.js';
import { appendSweepEvent, wakeDrivers } from './sweep-events.js';
import { readSweep, readSweepItems } from './sweep-row.js';
import { sweeps, trials, type SweepRow } from './sweep-schema.js';
import { firstSums } from './sweep-sums.js';

export interface NewSweep {
  id?: string;
  name: string | null;
  modelId: string;
  datasetId: string | null;
  document: SweepDocument;
  forecast: SweepForecast;
  /** Trials that it begins with. */
  earlier?: readonly EarlierTrial[];
}

/** A change of a sweep. */
export interface SweepAlteration {
  /** The document as it comes to be, from the one that stands. */
  changed(document: SweepDocument): SweepDocument;
  forecast?: SweepForecast;
  revive: boolean;
}

/** How the answer to a submission is kept under its Idempotency-Key. */
export interface SweepAnswer {
  claim: KeyClaim;
  toResponse(sweep: Sweep): StoredResponse;
}

/**
 * Sweeps as a client sees them: launch, read, pause, stop, cancel, change, delete. What drives them is in SweepSession.
 */
export class SweepRepository {
  constructor(private readonly database: Database) {}

  /** Throws NotFoundError when the model or data set was deleted meanwhile. */
  async create({ id = randomUUID(), earlier = [], ...sweep }: NewSweep, answer?: SweepAnswer): Promise<Sweep> {
    return this.database.orm.transaction(async (queries) => {
      const baseline = earlier.find((trial) => trial.baseline !== null)?.baseline ?? null;
      const begun = { asked: earlier.length, revision: earlier.length, baseline, sums: firstSums(earlier) };
      const [row] = await insertSweep(queries, { id, ...sweep, ...begun });
      if (!row) throw new NotFoundError('sweep', id);
      await insertEarlier(queries, id, earlier);
      await appendSweepEvent(queries, id, { type: 'sweep', state: 'running', reason: null });
      await wakeDrivers(queries);
      const created = await readSweep(queries, row);
      if (answer) await storeAnswer(queries, answer.claim, answer.toResponse(created));
      return created;
    });
  }

  async get(id: string): Promise<Sweep | null> {
    const [row] = await this.database.orm.select().from(sweeps).where(eq(sweeps.id, id));
    return row ? readSweep(this.database.orm, row) : null;
  }

  /** Throws NotFoundError. */
  async require(id: string): Promise<Sweep> {
    const sweep = await this.get(id);
    if (!sweep) throw new NotFoundError('sweep', id);
    return sweep;
  }

  /** The row alone, for whoever needs neither its cost nor its counts. Throws NotFoundError. */
  async requireRow(id: string): Promise<SweepRow> {
    const [row] = await this.database.orm.select().from(sweeps).where(eq(sweeps.id, id));
    if (!row) throw new NotFoundError('sweep', id);
    return row;
  }

  /** Throws NotFoundError. */
  async assertExists(id: string): Promise<void> {
    const [row] = await this.database.orm.select({ id: sweeps.id }).from(sweeps).where(eq(sweeps.id, id));
    if (!row) throw new NotFoundError('sweep', id);
  }

  /** Whether it has ended, its trials too, or is gone. */
  async isOver(id: string): Promise<boolean> {
    const running = sql<number>`(select count(*)::int from ${trials} where ${trials.sweepId} = ${sweeps.id} and ${trials.state} = 'running')`;
    const { state } = sweeps;
    const [row] = await this.database.orm.select({ state, running }).from(sweeps).where(eq(sweeps.id, id));
    return !row || (hasEnded(row.state) && row.running === 0);
  }

  /** Newest first. Throws InvalidCursorError. */
  async list({
    cursor,
    limit,
    state,
    model,
    q,
  }: SweepQuery): Promise<{ items: SweepItem[]; nextCursor: string | null }> {
    const from = cursor === undefined ? undefined : decodeCursor('sweeps', cursor);
    const rows = await this.database.orm
      .select()
      .from(sweeps)
      .where(
        and(
          state === undefined ? undefined : eq(sweeps.state, state),
          model === undefined ? undefined : eq(sweeps.modelId, model),
          q === undefined ? undefined : sql`strpos(lower(${SOUGHT}), lower(${storable(q)}::text)) > 0`,
          from &&
            sql`(${sweeps.createdAt}, ${sweeps.id}) < (${from.createdAt.toISOString()}::timestamptz, ${from.id}::uuid)`,
        ),
      )
      .orderBy(desc(sweeps.createdAt), desc(sweeps.id))
      .limit(limit + 1);
    const { items, nextCursor } = pageOf('sweeps', rows, limit, (row) => row);
    return { items: await readSweepItems(this.database.orm, items), nextCursor };
  }

  /** Begins no trial any more; those that run go on. Throws NotFoundError and SweepStateError. */
  pause(id: string): Promise<Sweep> {
    return this.move(id, 'paused', 'paused by request', ['running', 'paused']);
  }

  /** Goes on after a pause or a stop that has not come to its end. Throws NotFoundError and SweepStateError. */
  resume(id: string): Promise<Sweep> {
    return this.move(id, 'running', null, ['paused', 'stopping', 'running']);
  }

  /** Begins no trial any more and ends with those that run. Throws NotFoundError and SweepStateError. */
  stop(id: string): Promise<Sweep> {
    return this.move(id, 'stopping', 'stopped by request', ['running', 'paused', 'stopping']);
  }

  /** Ends at once; the jobs of its trials are for the caller to cancel. Throws NotFoundError and SweepStateError. */
  cancel(id: string): Promise<Sweep> {
    return this.move(id, 'cancelled', 'cancelled by request', ['running', 'paused', 'stopping', 'cancelled']);
  }

  /**
   * Changes the document as it stands under the lock, so that of two changes at once none is lost; a forecast that is
   * not given stays. A sweep that has ended goes on with `revive`. Throws NotFoundError.
   */
  async change(id: string, { changed, forecast, revive }: SweepAlteration): Promise<Sweep> {
    await this.database.orm.transaction(async (queries) => {
      const { state, document: before } = await lockSweep(queries, id);
      const document = changed(before);
      const estimated = forecast === undefined ? {} : { forecast };
      await queries
        .update(sweeps)
        .set(storable({ document, ...estimated }))
        .where(eq(sweeps.id, id));
      if (revive && hasEnded(state)) await setState(queries, id, 'running', null);
      else await appendSweepEvent(queries, id, { type: 'sweep', state, reason: 'changed by request' });
      await wakeDrivers(queries);
    });
    return this.require(id);
  }

  /** Ids of the jobs of trials that run. */
  async openJobs(id: string): Promise<string[]> {
    const isOpen = and(eq(jobs.sweepId, id), inArray(jobs.state, ['queued', 'running']));
    const rows = await this.database.orm.select({ id: jobs.id }).from(jobs).where(isOpen);
    return rows.map((row) => row.id);
  }

  /** Forgets a sweep that has ended, with its trials and their jobs. Throws NotFoundError and SweepStateError. */
  async delete(id: string): Promise<void> {
    await this.database.orm.transaction(async (queries) => {
      const { state } = await lockSweep(queries, id);
      if (!hasEnded(state)) throw new SweepStateError(id, `is ${state} and cannot be deleted: cancel it first`);
      await queries.delete(sweeps).where(eq(sweeps.id, id));
      await queries.delete(jobs).where(eq(jobs.sweepId, id));
    });
  }

  private async move(id: string, to: SweepState, reason: string | null, from: readonly SweepState[]): Promise<Sweep> {
    await this.database.orm.transaction(async (queries) => {
      const { state } = await lockSweep(queries, id);
      if (!from.includes(state))
        throw new SweepStateError(id, `is ${state} and cannot be ${WISH[to]}: ${wayOut(state)}`);
      if (state !== to) await setState(queries, id, to, reason);
      await wakeDrivers(queries);
    });
    return this.require(id);
  }
}

const SOUGHT = sql`concat_ws(' ', ${sweeps.name}, ${sweeps.document}->>'name')`;

const WISH: Record<SweepState, string> = {
  running: 'resumed',
  paused: 'paused',
  stopping: 'stopped',
  finished: 'finished',
  cancelled: 'cancelled',
  failed: 'failed',
};

const wayOut = (state: SweepState): string =>
  hasEnded(state) ? 'it has ended; more trials or time let it go on' : 'resume it first';

/** Throws NotFoundError. */
export async function lockSweep(queries: Queries, id: string): Promise<SweepRow> {
  const isIt = eq(sweeps.id, id);
  const [row] = await queries.select().from(sweeps).where(isIt).for('no key update');
  if (!row) throw new NotFoundError('sweep', id);
  return row;
}

/** Sets the state under the row's lock, keeps the time of searching, and tells it. */
export async function setState(
  queries: Queries,
  id: string,
  state: SweepState,
  reason: string | null,
  error: SweepRow['error'] = null,
): Promise<void> {
  const ran = sql`coalesce(extract(epoch from now() - ${sweeps.runningSince}), 0)`;
  await queries
    .update(sweeps)
    .set({
      state,
      reason,
      error,
      searchedSeconds: sql`${sweeps.searchedSeconds} + ${ran}`,
      runningSince: state === 'running' ? sql`now()` : null,
      finishedAt: hasEnded(state) ? sql`now()` : null,
    })
    .where(eq(sweeps.id, id));
  await appendSweepEvent(queries, id, { type: 'sweep', state, reason });
}

/** Throws NotFoundError naming the row that is gone. */
async function insertSweep(queries: Queries, sweep: typeof sweeps.$inferInsert): Promise<SweepRow[]> {
  try {
    return await queries.insert(sweeps).values(storable(sweep)).returning();
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    const { modelId, datasetId } = sweep;
    const lacksDataset = typeof datasetId === 'string' && isForeignKeyViolation(error, 'datasets');
    throw lacksDataset ? new NotFoundError('dataset', datasetId) : new NotFoundError('model', modelId);
  }
}

import { PEAK_MEMORY } from '#contracts';
import { and, desc, eq, gt, inArray, isNull, not, sql } from 'drizzle-orm';
import type pg from 'pg';
import { dedicatedClient, type Database } from './database.js';
import { postgresCode } from './errors.js';
import { jobs, jobStages, stageResults } from './schema.js';
import { storable } from './text.js';
import { isUnsized, withSize } from './transfer-size.js';

export type StoredResult = Omit<typeof stageResults.$inferSelect, 'createdAt'>;

/** A stage of analyze: what it was asked, and what it found. */
export interface AnalysisRow {
  jobId: string;
  jobState: string;
  options: Record<string, unknown>;
  summary: Record<string, unknown>;
}

/** A pass and its options. */
export interface PassRunRow {
  pass: string;
  options: Record<string, unknown>;
}

/** A stage that was computed for a job. */
export interface EarlierStageRow extends PassRunRow {
  seconds: number;
  bytes: number;
  /** The peak of its process, MiB; null for stages that nobody measured. */
  memoryMb: number | null;
}

/** Keys that one statement looks up. */
const KEYS_AT_ONCE = 1000;
const WAIT_MS = 250;
/** PostgreSQL's error code when lock_timeout has passed. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Results of stages by key, and the lock under which a key is computed. */
export class StageResultRepository {
  /** Connections without a lock: making one costs as much as all the other records of a stage. */
  private readonly idle = new Set<pg.Client>();

  constructor(private readonly database: Database) {}

  async find(key: string): Promise<StoredResult | null> {
    const isIt = eq(stageResults.key, key);
    const [row] = await this.database.orm.select().from(stageResults).where(isIt);
    if (!row) return null;
    const { createdAt: _createdAt, ...result } = row;
    return result;
  }

  /** The models of those of the keys that have a result. */
  async known(keys: readonly string[]): Promise<Map<string, { modelDigest: string }>> {
    const found = new Map<string, { modelDigest: string }>();
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      const page = keys.slice(from, from + KEYS_AT_ONCE);
      const columns = { key: stageResults.key, modelDigest: stageResults.modelDigest };
      const isInPage = inArray(stageResults.key, page);
      const rows = await this.database.orm.select(columns).from(stageResults).where(isInPage);
      for (const { key, modelDigest } of rows) found.set(key, { modelDigest });
    }
    return found;
  }

  /** The newest stages that were computed for jobs on a model: what they took, and the bytes of what they made. */
  async earlierOn(modelId: string, limit = 500): Promise<EarlierStageRow[]> {
    const rows = await this.database.orm
      .select({
        pass: jobStages.pass,
        options: jobStages.options,
        seconds: jobStages.seconds,
        bytes: sql<number>`(${jobStages.metrics}->>'bytes')::float8`,
        memoryMb: sql<number | null>`(${jobStages.summary}->>${PEAK_MEMORY})::float8`,
      })
      .from(jobStages)
      .innerJoin(jobs, eq(jobs.id, jobStages.jobId))
      .where(and(eq(jobs.modelId, modelId), eq(jobStages.state, 'succeeded'), not(jobStages.cached)))
      .orderBy(desc(jobStages.finishedAt))
      .limit(limit);
    return rows.map((row) => ({ ...row, seconds: row.seconds ?? 0 }));
  }

  /** The stages of a job behind one of them that are still to be run, with earlier ones on the job's model. */
  async aheadOf(jobId: string, index: number): Promise<{ ahead: PassRunRow[]; earlier: EarlierStageRow[] }> {
    const columns = { pass: jobStages.pass, options: jobStages.options, modelId: jobs.modelId };
    const isBehind = and(eq(jobStages.jobId, jobId), gt(jobStages.index, index), eq(jobStages.state, 'waiting'));
    const ofJob = eq(jobs.id, jobStages.jobId);
    const rows = await this.database.orm.select(columns).from(jobStages).innerJoin(jobs, ofJob).where(isBehind);
    const [first] = rows;
    return { ahead: rows, earlier: first === undefined ? [] : await this.earlierOn(first.modelId) };
  }

  /** The newest stages of analyze on a model as it was submitted, and a data set: what they were asked, and found. */
  async analysesOf(modelId: string, datasetId: string | null, limit = 20): Promise<AnalysisRow[]> {
    return this.analyses()
      .where(
        and(
          eq(jobs.modelId, modelId),
          datasetId === null ? isNull(jobs.datasetId) : eq(jobs.datasetId, datasetId),
          eq(jobStages.pass, 'analyze'),
          eq(jobStages.state, 'succeeded'),
          eq(jobStages.modelDigest, modelId),
        ),
      )
      .orderBy(desc(jobStages.finishedAt))
      .limit(limit);
  }

  /** The first analyze of a job, whatever became of it; null where the job is gone. */
  async analysisIn(jobId: string): Promise<AnalysisRow | null> {
    const isIt = and(eq(jobs.id, jobId), eq(jobStages.pass, 'analyze'));
    const [row] = await this.analyses().where(isIt).orderBy(jobStages.index).limit(1);
    return row ?? null;
  }

  private analyses() {
    const { options, summary } = jobStages;
    return this.database.orm
      .select({ jobId: jobs.id, jobState: jobs.state, options, summary })
      .from(jobStages)
      .innerJoin(jobs, eq(jobs.id, jobStages.jobId));
  }

  /** Keeps a result; one that is there already is replaced, since its files may have been lost. */
  async put(result: StoredResult): Promise<void> {
    const { key, ...rest } = storable(result);
    await this.database.orm
      .insert(stageResults)
      .values({ key, ...rest })
      .onConflictDoUpdate({ target: stageResults.key, set: rest });
  }

  /** Completes a result by the transfer size of its model, where it is missing. */
  async setSize(key: string, compressedBytes: number): Promise<void> {
    const { metrics } = stageResults;
    const lacksSize = and(eq(stageResults.key, key), isUnsized(metrics));
    const complete = { metrics: withSize(metrics, compressedBytes) };
    await this.database.orm.update(stageResults).set(complete).where(lacksSize);
  }

  async delete(key: string): Promise<void> {
    await this.database.orm.delete(stageResults).where(eq(stageResults.key, key));
  }

  /**
   * Runs `work` while no other process holds the key. The lock lives as long as its own connection, so that a killed
   * process frees it. Rejects with the signal's reason when it aborts while waiting.
   */
  async withLock<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const client = await this.take();
    try {
      await lock(client, key, signal);
      return await work();
    } finally {
      await this.giveBack(client, key);
    }
  }

  /** Ends the connections that wait for the next lock. */
  async close(): Promise<void> {
    await Promise.all([...this.idle].map((client) => client.end()));
  }

  private async take(): Promise<pg.Client> {
    for (const client of this.idle) {
      this.idle.delete(client);
      return client;
    }
    const client = await dedicatedClient(this.database.url);
    client.once('end', () => this.idle.delete(client));
    await client.query(`set lock_timeout = ${WAIT_MS}`);
    return client;
  }

  /** A connection that cannot be cleared is ended, and its locks with it. */
  private async giveBack(client: pg.Client, key: string): Promise<void> {
    try {
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [key]);
      this.idle.add(client);
    } catch {
      await client.end();
    }
  }
}

/** A server process that waits for a lock does not hear its client leave, so the wait is cut into pieces. */
async function lock(client: pg.Client, key: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [key]);
      return;
    } catch (error) {
      if (postgresCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    }
  }
}

import { and, desc, eq, inArray, isNull, not, sql } from 'drizzle-orm';
import type pg from 'pg';
import { dedicatedClient, type Database } from './database.js';
import { postgresCode } from './errors.js';
import { jobs, jobStages, stageResults } from './schema.js';
import { storable } from './text.js';
import { isUnsized, withSize } from './transfer-size.js';

export type StoredResult = Omit<typeof stageResults.$inferSelect, 'createdAt'>;

/** A layer as analyze tells of it in its summary, as far as sweeps read it. */
export interface AnalyzedLayerRow {
  node: string;
  elements: number;
  widths: { bits: number; outputSnrDb?: number | null }[];
}

/** A stage that was computed for a job. */
export interface EarlierStageRow {
  pass: string;
  options: Record<string, unknown>;
  seconds: number;
  bytes: number;
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
    const [row] = await this.database.orm.select().from(stageResults).where(eq(stageResults.key, key));
    if (!row) return null;
    const { createdAt: _createdAt, ...result } = row;
    return result;
  }

  /** The models of those of the keys that have a result. */
  async known(keys: readonly string[]): Promise<Map<string, { modelDigest: string }>> {
    const found = new Map<string, { modelDigest: string }>();
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      const page = keys.slice(from, from + KEYS_AT_ONCE);
      const rows = await this.database.orm
        .select({ key: stageResults.key, modelDigest: stageResults.modelDigest })
        .from(stageResults)
        .where(inArray(stageResults.key, page));
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
      })
      .from(jobStages)
      .innerJoin(jobs, eq(jobs.id, jobStages.jobId))
      .where(and(eq(jobs.modelId, modelId), eq(jobStages.state, 'succeeded'), not(jobStages.cached)))
      .orderBy(desc(jobStages.finishedAt))
      .limit(limit);
    return rows.map((row) => ({ ...row, seconds: row.seconds ?? 0 }));
  }

  /** What the newest analyze of a model on a data set said of its layers; an empty list where there was none. */
  async analysisOf(modelId: string, datasetId: string | null): Promise<AnalyzedLayerRow[]> {
    const [row] = await this.database.orm
      .select({ summary: jobStages.summary })
      .from(jobStages)
      .innerJoin(jobs, eq(jobs.id, jobStages.jobId))
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
      .limit(1);
    const layers = row?.summary['layers'];
    return Array.isArray(layers) ? (layers as AnalyzedLayerRow[]) : [];
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
    await this.database.orm
      .update(stageResults)
      .set({ metrics: withSize(metrics, compressedBytes) })
      .where(and(eq(stageResults.key, key), isUnsized(metrics)));
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

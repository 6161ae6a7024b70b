import { and, desc, eq, lt, ne } from 'drizzle-orm';
import type { Database } from './database.js';
import { stageCheckpoints } from './schema.js';

export interface CheckpointRow {
  key: string;
  digest: string;
  bytes: number;
  /** Of a training that has ended: its epochs. */
  epochs?: number | null;
  /** The job that it was of. */
  jobId?: string | null;
}

/** Which bytes in the store are checkpoints of which stage. A row is there before its bytes and goes after them. */
export class StageCheckpointRepository {
  constructor(private readonly database: Database) {}

  /** Notes bytes that are about to be put. */
  async begin(row: CheckpointRow): Promise<void> {
    const now = new Date();
    const target = [stageCheckpoints.key, stageCheckpoints.digest];
    await this.database.orm
      .insert(stageCheckpoints)
      .values({ ...row, createdAt: now })
      .onConflictDoUpdate({ target, set: { createdAt: now } });
  }

  /** Notes that the bytes are in the store. */
  async complete(row: CheckpointRow): Promise<void> {
    await this.database.orm.update(stageCheckpoints).set({ stored: true }).where(isIt(row));
  }

  /** The stage's newest checkpoint that is in the store. */
  async newest(key: string): Promise<CheckpointRow | null> {
    const isStored = and(eq(stageCheckpoints.key, key), eq(stageCheckpoints.stored, true));
    const ofStage = this.database.orm.select().from(stageCheckpoints).where(isStored);
    const [row] = await ofStage.orderBy(desc(stageCheckpoints.createdAt)).limit(1);
    return row ?? null;
  }

  /** Where the longest training under a key ended that is shorter than so many epochs. */
  async shorter(key: string, epochs: number): Promise<CheckpointRow | null> {
    const isShorter = and(
      eq(stageCheckpoints.key, key),
      eq(stageCheckpoints.stored, true),
      lt(stageCheckpoints.epochs, epochs),
    );
    const found = this.database.orm.select().from(stageCheckpoints).where(isShorter);
    const [row] = await found.orderBy(desc(stageCheckpoints.epochs), desc(stageCheckpoints.createdAt)).limit(1);
    return row ?? null;
  }

  /** All rows of a stage, in the store or not. */
  async of(key: string): Promise<CheckpointRow[]> {
    return this.database.orm.select().from(stageCheckpoints).where(eq(stageCheckpoints.key, key));
  }

  /** Rows that were written so long ago. */
  async olderThan(ms: number): Promise<CheckpointRow[]> {
    const isOld = lt(stageCheckpoints.createdAt, new Date(Date.now() - ms));
    return this.database.orm.select().from(stageCheckpoints).where(isOld);
  }

  /** Whether another stage has a checkpoint of the same bytes. */
  async isShared({ key, digest }: CheckpointRow): Promise<boolean> {
    const isAnothers = and(eq(stageCheckpoints.digest, digest), ne(stageCheckpoints.key, key));
    const one = this.database.orm.select({ key: stageCheckpoints.key }).from(stageCheckpoints);
    const rows = await one.where(isAnothers).limit(1);
    return rows.length > 0;
  }

  async delete(row: CheckpointRow): Promise<void> {
    await this.database.orm.delete(stageCheckpoints).where(isIt(row));
  }
}

function isIt({ key, digest }: CheckpointRow) {
  return and(eq(stageCheckpoints.key, key), eq(stageCheckpoints.digest, digest));
}

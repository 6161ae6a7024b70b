import { and, desc, eq, lt, ne } from 'drizzle-orm';
import type { Database } from './database.js';
import { stageCheckpoints } from './schema.js';

export interface CheckpointRow {
  key: string;
  digest: string;
  bytes: number;
}

/** Which bytes in the store are checkpoints of which stage. A row is there before its bytes and goes after them. */
export class StageCheckpointRepository {
  constructor(private readonly database: Database) {}

  /** Notes bytes that are about to be put. */
  async begin(row: CheckpointRow): Promise<void> {
    const now = new Date();
    await this.database.orm
      .insert(stageCheckpoints)
      .values({ ...row, createdAt: now })
      .onConflictDoUpdate({ target: [stageCheckpoints.key, stageCheckpoints.digest], set: { createdAt: now } });
  }

  /** Notes that the bytes are in the store. */
  async complete({ key, digest }: CheckpointRow): Promise<void> {
    await this.database.orm
      .update(stageCheckpoints)
      .set({ stored: true })
      .where(and(eq(stageCheckpoints.key, key), eq(stageCheckpoints.digest, digest)));
  }

  /** The stage's newest checkpoint that is in the store. */
  async newest(key: string): Promise<CheckpointRow | null> {
    const [row] = await this.database.orm
      .select()
      .from(stageCheckpoints)
      .where(and(eq(stageCheckpoints.key, key), eq(stageCheckpoints.stored, true)))
      .orderBy(desc(stageCheckpoints.createdAt))
      .limit(1);
    return row ?? null;
  }

  /** All rows of a stage, in the store or not. */
  async of(key: string): Promise<CheckpointRow[]> {
    return this.database.orm.select().from(stageCheckpoints).where(eq(stageCheckpoints.key, key));
  }

  /** Rows that were written so long ago. */
  async olderThan(ms: number): Promise<CheckpointRow[]> {
    return this.database.orm
      .select()
      .from(stageCheckpoints)
      .where(lt(stageCheckpoints.createdAt, new Date(Date.now() - ms)));
  }

  /** Whether another stage has a checkpoint of the same bytes. */
  async isShared({ key, digest }: CheckpointRow): Promise<boolean> {
    const rows = await this.database.orm
      .select({ key: stageCheckpoints.key })
      .from(stageCheckpoints)
      .where(and(eq(stageCheckpoints.digest, digest), ne(stageCheckpoints.key, key)))
      .limit(1);
    return rows.length > 0;
  }

  async delete({ key, digest }: CheckpointRow): Promise<void> {
    await this.database.orm
      .delete(stageCheckpoints)
      .where(and(eq(stageCheckpoints.key, key), eq(stageCheckpoints.digest, digest)));
  }
}

import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Database, Queries } from './database.js';
import { IdempotencyConflictError } from './errors.js';
import { idempotencyKeys, type StoredResponse } from './schema.js';

/** After so long an unanswered request is taken to have died with its process. */
const PENDING_S = 60;

/** Answers given under an Idempotency-Key. */
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  /**
   * Claims a key for a request: `new` for the first caller, `answered` with the first answer for a repetition, `pending`
   * while the first is being answered. Throws IdempotencyConflictError when the key belongs to another request.
   */
  async claim(key: string, requestDigest: string): Promise<{ state: 'new' } | { state: 'pending' } | { state: 'answered'; response: StoredResponse }> {
    const claimed = await this.database.orm.insert(idempotencyKeys).values({ key, requestDigest }).onConflictDoNothing().returning({ key: idempotencyKeys.key });
    if (claimed.length > 0) return { state: 'new' };
    const [row] = await this.database.orm.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key));
    if (!row) return this.claim(key, requestDigest);
    if (row.requestDigest !== requestDigest) throw new IdempotencyConflictError(key);
    if (row.response) return { state: 'answered', response: row.response };
    return (await this.takeOver(key)) ? { state: 'new' } : { state: 'pending' };
  }

  async answer(key: string, response: StoredResponse): Promise<void> {
    await storeAnswer(this.database.orm, key, response);
  }

  /** Frees a key whose request failed, so that it can be tried again. */
  async release(key: string): Promise<void> {
    await this.database.orm.delete(idempotencyKeys).where(eq(idempotencyKeys.key, key));
  }

  /** Forgets keys that are older than `before`. */
  async sweep(before: Date): Promise<void> {
    await this.database.orm.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, before));
  }

  private async takeOver(key: string): Promise<boolean> {
    const taken = await this.database.orm
      .update(idempotencyKeys)
      .set({ createdAt: new Date() })
      .where(and(eq(idempotencyKeys.key, key), isNull(idempotencyKeys.response), lt(idempotencyKeys.createdAt, sql`now() - make_interval(secs => ${PENDING_S})`)))
      .returning({ key: idempotencyKeys.key });
    return taken.length > 0;
  }
}

/** Stores an answer within the caller's transaction: what was done and that it was answered are one fact. */
export async function storeAnswer(queries: Queries, key: string, response: StoredResponse): Promise<void> {
  await queries.update(idempotencyKeys).set({ response }).where(eq(idempotencyKeys.key, key));
}

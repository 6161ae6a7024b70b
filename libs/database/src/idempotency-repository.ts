import { randomUUID } from 'node:crypto';
import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Database, Queries } from './database.js';
import { IdempotencyConflictError, IdempotencyLostError } from './errors.js';
import { idempotencyKeys, type StoredResponse } from './schema.js';

/** A key that was not renewed for so long is free: the process that answered it is dead. */
const LEASE_MS = 15_000;

/** A key and whose it is for now: what the owner does with it, no later owner can be harmed by. */
export interface KeyClaim {
  readonly key: string;
  readonly owner: string;
}

export type Claimed =
  | { state: 'new'; claim: KeyClaim }
  | { state: 'pending' }
  | { state: 'answered'; response: StoredResponse };

/** Answers given under an Idempotency-Key. */
export class IdempotencyRepository {
  constructor(
    private readonly database: Database,
    private readonly leaseMs = LEASE_MS,
  ) {}

  /**
   * Claims a key for a request: `new` for the first caller, `answered` with the first answer for a repetition,
   * `pending` while the first is being answered, however long that takes. Throws IdempotencyConflictError when the key
   * belongs to another request.
   */
  async claim(key: string, requestDigest: string): Promise<Claimed> {
    const claim = { key, owner: randomUUID() };
    const row = { ...claim, requestDigest };
    const claiming = this.database.orm.insert(idempotencyKeys).values(row).onConflictDoNothing();
    const claimed = await claiming.returning({ key: idempotencyKeys.key });
    if (claimed.length > 0) return { state: 'new', claim };
    const isSame = eq(idempotencyKeys.key, key);
    const [earlier] = await this.database.orm.select().from(idempotencyKeys).where(isSame);
    if (!earlier) return this.claim(key, requestDigest);
    if (earlier.requestDigest !== requestDigest) throw new IdempotencyConflictError(key);
    if (earlier.response) return { state: 'answered', response: earlier.response };
    return (await this.takeOver(claim)) ? { state: 'new', claim } : { state: 'pending' };
  }

  /**
   * Does the work while the claim is renewed, and frees the key when the work fails. The work stores its answer by
   * `storeAnswer`, which fails for whoever lost the key.
   */
  async hold<T>(claim: KeyClaim, work: () => Promise<T>): Promise<T> {
    // A renewal that fails is tried again; the next owner waits for the whole lease.
    const timer = setInterval(() => void this.renew(claim).catch(() => undefined), this.leaseMs / 3);
    try {
      return await work();
    } catch (error) {
      await this.release(claim).catch(() => undefined);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Forgets keys that are older than `before`; returns how many. */
  async sweep(before: Date): Promise<number> {
    const isOld = lt(idempotencyKeys.createdAt, before);
    const { key } = idempotencyKeys;
    const gone = await this.database.orm.delete(idempotencyKeys).where(isOld).returning({ key });
    return gone.length;
  }

  private async renew(claim: KeyClaim): Promise<void> {
    await this.database.orm
      .update(idempotencyKeys)
      .set({ renewedAt: sql`now()` })
      .where(isOwn(claim));
  }

  /** Frees a key whose request failed, so that it can be tried again. */
  private async release(claim: KeyClaim): Promise<void> {
    await this.database.orm.delete(idempotencyKeys).where(isOwn(claim));
  }

  private async takeOver({ key, owner }: KeyClaim): Promise<boolean> {
    const isStale = lt(idempotencyKeys.renewedAt, sql`now() - make_interval(secs => ${this.leaseMs / 1000})`);
    const taken = await this.database.orm
      .update(idempotencyKeys)
      .set({ owner, renewedAt: sql`now()` })
      .where(and(eq(idempotencyKeys.key, key), isNull(idempotencyKeys.response), isStale))
      .returning({ key: idempotencyKeys.key });
    return taken.length > 0;
  }
}

function isOwn(claim: KeyClaim) {
  const { key, owner, response } = idempotencyKeys;
  return and(eq(key, claim.key), eq(owner, claim.owner), isNull(response));
}

/**
 * Stores an answer within the caller's transaction: what was done and that it was answered are one fact. Throws
 * IdempotencyLostError when the key is another's by now, so that the transaction does nothing.
 */
export async function storeAnswer(queries: Queries, claim: KeyClaim, response: StoredResponse): Promise<void> {
  const { key } = idempotencyKeys;
  const stored = await queries.update(idempotencyKeys).set({ response }).where(isOwn(claim)).returning({ key });
  if (stored.length === 0) throw new IdempotencyLostError(claim.key);
}

import { randomUUID } from 'node:crypto';
import { mayActAs, type ApiKey, type KeyRole } from '#contracts';
import { and, desc, eq, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database } from './database.js';
import { LastAdminKeyError, NotFoundError } from './errors.js';
import { apiKeys } from './schema.js';
import { newSecret, secretHash } from './secret.js';

/** How exactly it is known when a key was last used: one write a minute, whatever the number of requests. */
const USED_MS = 60_000;

/** API keys, of which only the SHA-256 is kept: a random key of 256 bits needs no slow hash. */
export class ApiKeyRepository {
  constructor(private readonly database: Database) {}

  /** Makes a key; this is the only time that it can be read. */
  async create(name: string, role: KeyRole = 'admin'): Promise<ApiKey & { key: string }> {
    const key = newSecret('cp');
    const row = { id: randomUUID(), name, role, createdAt: new Date(), lastUsedAt: null };
    await this.database.orm.insert(apiKeys).values({ ...row, hash: secretHash(key) });
    return { ...toApiKey(row), key };
  }

  /** Accepts a key that was made elsewhere, as an operator's secret; a key that is known stays as it is. */
  async accept(key: string, name: string): Promise<void> {
    const row = { id: randomUUID(), name, hash: secretHash(key) };
    await this.database.orm.insert(apiKeys).values(row).onConflictDoNothing();
  }

  /** The key's record, or null when it is not a valid key. When it was last used is noted, to the minute. */
  async verify(key: string): Promise<ApiKey | null> {
    const isIt = eq(apiKeys.hash, secretHash(key));
    const [row] = await this.database.orm.select().from(apiKeys).where(isIt);
    if (!row) return null;
    // A note that cannot be written, as on a full disk, locks nobody out.
    if (!isRecent(row.lastUsedAt)) void this.touch(row.id).catch(() => undefined);
    return toApiKey(row);
  }

  async list(): Promise<ApiKey[]> {
    const rows = await this.database.orm.select().from(apiKeys).orderBy(desc(apiKeys.createdAt));
    return rows.map(toApiKey);
  }

  /** Throws NotFoundError, and LastAdminKeyError for the key without which nobody could make another. */
  async revoke(id: string): Promise<void> {
    await this.database.orm.transaction(async (orm) => {
      // Two that are revoked at a time must not be each other's last.
      await orm.execute(sql`lock table ${apiKeys} in share row exclusive mode`);
      const rows = await orm.select({ id: apiKeys.id, role: apiKeys.role }).from(apiKeys);
      if (!rows.some((row) => row.id === id)) throw new NotFoundError('API key', id);
      if (!rows.some((row) => row.id !== id && mayActAs(row.role, 'admin'))) throw new LastAdminKeyError();
      await orm.delete(apiKeys).where(eq(apiKeys.id, id));
    });
  }

  /** Of many requests at a time one writes. */
  private async touch(id: string): Promise<void> {
    const isStale = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, new Date(Date.now() - USED_MS)));
    const staleKey = and(eq(apiKeys.id, id), isStale);
    await this.database.orm.update(apiKeys).set({ lastUsedAt: new Date() }).where(staleKey);
  }

  async isEmpty(): Promise<boolean> {
    const oneAtMost = await this.database.orm.select({ id: apiKeys.id }).from(apiKeys).limit(1);
    return oneAtMost.length === 0;
  }
}

function isRecent(at: Date | null): boolean {
  return at !== null && Math.abs(Date.now() - at.getTime()) < USED_MS;
}

function toApiKey(row: Omit<typeof apiKeys.$inferSelect, 'hash'>): ApiKey {
  const { id, name, role, createdAt, lastUsedAt } = row;
  return { id, name, role, createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
}

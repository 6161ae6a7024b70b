import { randomUUID } from 'node:crypto';
import { and, desc, eq, isNull, lt, or } from 'drizzle-orm';
import type { Database } from './database.js';
import { apiKeys } from './schema.js';
import { newSecret, secretHash } from './secret.js';

export interface ApiKey {
  id: string;
  name: string;
  createdAt: string;
}

/** How exactly it is known when a key was last used: one write a minute, whatever the number of requests. */
const USED_MS = 60_000;

/** API keys, of which only the SHA-256 is kept: a random key of 256 bits needs no slow hash. */
export class ApiKeyRepository {
  constructor(private readonly database: Database) {}

  /** Makes a key; this is the only time that it can be read. */
  async create(name: string): Promise<{ id: string; key: string }> {
    const key = newSecret('cp');
    const id = randomUUID();
    await this.database.orm.insert(apiKeys).values({ id, name, hash: secretHash(key) });
    return { id, key };
  }

  /** Accepts a key that was made elsewhere, as an operator's secret; a key that is known stays as it is. */
  async accept(key: string, name: string): Promise<void> {
    await this.database.orm
      .insert(apiKeys)
      .values({ id: randomUUID(), name, hash: secretHash(key) })
      .onConflictDoNothing();
  }

  /** The key's record, or null when it is not a valid key. When it was last used is noted, to the minute. */
  async verify(key: string): Promise<ApiKey | null> {
    const [row] = await this.database.orm
      .select()
      .from(apiKeys)
      .where(eq(apiKeys.hash, secretHash(key)));
    if (!row) return null;
    // A note that cannot be written, as on a full disk, locks nobody out.
    if (!isRecent(row.lastUsedAt)) void this.touch(row.id).catch(() => undefined);
    return toApiKey(row);
  }

  async list(): Promise<ApiKey[]> {
    return (await this.database.orm.select().from(apiKeys).orderBy(desc(apiKeys.createdAt))).map(toApiKey);
  }

  async revoke(id: string): Promise<void> {
    await this.database.orm.delete(apiKeys).where(eq(apiKeys.id, id));
  }

  /** Of many requests at a time one writes. */
  private async touch(id: string): Promise<void> {
    const isStale = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, new Date(Date.now() - USED_MS)));
    await this.database.orm
      .update(apiKeys)
      .set({ lastUsedAt: new Date() })
      .where(and(eq(apiKeys.id, id), isStale));
  }

  async isEmpty(): Promise<boolean> {
    return (await this.database.orm.select({ id: apiKeys.id }).from(apiKeys).limit(1)).length === 0;
  }
}

const isRecent = (at: Date | null): boolean => at !== null && Math.abs(Date.now() - at.getTime()) < USED_MS;

function toApiKey(row: typeof apiKeys.$inferSelect): ApiKey {
  return { id: row.id, name: row.name, createdAt: row.createdAt.toISOString() };
}

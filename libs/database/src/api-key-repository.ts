import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { desc, eq } from 'drizzle-orm';
import type { Database } from './database.js';
import { apiKeys } from './schema.js';

export interface ApiKey {
  id: string;
  name: string;
  createdAt: string;
}

const KEY_BYTES = 32;

/** API keys, of which only the SHA-256 is kept: a random key of 256 bits needs no slow hash. */
export class ApiKeyRepository {
  constructor(private readonly database: Database) {}

  /** Makes a key; this is the only time that it can be read. */
  async create(name: string): Promise<{ id: string; key: string }> {
    const key = `cp_${randomBytes(KEY_BYTES).toString('base64url')}`;
    const id = randomUUID();
    await this.database.orm.insert(apiKeys).values({ id, name, hash: hashOf(key) });
    return { id, key };
  }

  /** Accepts a key that was made elsewhere, as an operator's secret; a key that is known stays as it is. */
  async accept(key: string, name: string): Promise<void> {
    await this.database.orm.insert(apiKeys).values({ id: randomUUID(), name, hash: hashOf(key) }).onConflictDoNothing();
  }

  /** The key's record, or null when it is not a valid key. */
  async verify(key: string): Promise<ApiKey | null> {
    const [row] = await this.database.orm.update(apiKeys).set({ lastUsedAt: new Date() }).where(eq(apiKeys.hash, hashOf(key))).returning();
    return row ? toApiKey(row) : null;
  }

  async list(): Promise<ApiKey[]> {
    return (await this.database.orm.select().from(apiKeys).orderBy(desc(apiKeys.createdAt))).map(toApiKey);
  }

  async revoke(id: string): Promise<void> {
    await this.database.orm.delete(apiKeys).where(eq(apiKeys.id, id));
  }

  async isEmpty(): Promise<boolean> {
    return (await this.database.orm.select({ id: apiKeys.id }).from(apiKeys).limit(1)).length === 0;
  }
}

function toApiKey(row: typeof apiKeys.$inferSelect): ApiKey {
  return { id: row.id, name: row.name, createdAt: row.createdAt.toISOString() };
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

import { eq } from 'drizzle-orm';
import type { Database } from './database.js';
import { settings } from './schema.js';

/** Facts of the installation as a whole. */
export class SettingRepository {
  constructor(private readonly database: Pick<Database, 'orm'>) {}

  /** Null where nobody has set it. */
  async get(name: string): Promise<unknown> {
    const [row] = await this.database.orm.select().from(settings).where(eq(settings.name, name));
    return row?.value ?? null;
  }

  async set(name: string, value: unknown): Promise<void> {
    await this.database.orm
      .insert(settings)
      .values({ name, value })
      .onConflictDoUpdate({ target: settings.name, set: { value } });
  }
}

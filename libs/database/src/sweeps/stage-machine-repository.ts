import type { WorkerKind } from '#contracts';
import { and, gt, like, sql } from 'drizzle-orm';
import { createHash } from 'node:crypto';
import type { Database } from '../database.js';
import { settings } from '../schema.js';

const PREFIX = 'stage machine ';
/** A kind of worker that was not heard of for so long is gone; each says every day that it is there. */
const DAYS = 30;

/** The kinds of workers that there are: by them the API knows under which keys results would be found. */
export class StageMachineRepository {
  constructor(private readonly database: Pick<Database, 'orm'>) {}

  /** Notes that there is a worker of this kind. */
  async note(facts: WorkerKind): Promise<void> {
    const kind = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
    const value = { facts, seenAt: Date.now() };
    const row = { name: `${PREFIX}${kind}`, value };
    await this.database.orm.insert(settings).values(row).onConflictDoUpdate({ target: settings.name, set: { value } });
  }

  async list(): Promise<WorkerKind[]> {
    const seenAt = sql<number>`(${settings.value}->>'seenAt')::float8`;
    const isRecent = gt(seenAt, Date.now() - DAYS * 86_400_000);
    const isKind = and(like(settings.name, `${PREFIX}%`), isRecent);
    const rows = await this.database.orm.select({ value: settings.value }).from(settings).where(isKind);
    return rows.map(({ value }) => (value as { facts: WorkerKind }).facts);
  }
}

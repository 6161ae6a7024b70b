import { and, gt, like, sql } from 'drizzle-orm';
import { createHash } from 'node:crypto';
import type { Database } from '../database.js';
import { settings } from '../schema.js';

/** What of a worker enters the keys of its stages. */
export interface StageMachineFacts {
  engine: string;
  threads: number;
  memoryMb: number;
  hardware: string;
  concurrency: number;
}

const PREFIX = 'stage machine ';
/** A kind of worker that was not heard of for so long is gone; each says every day that it is there. */
const DAYS = 30;

/** The kinds of workers that there are: by them the API knows under which keys results would be found. */
export class StageMachineRepository {
  constructor(private readonly database: Pick<Database, 'orm'>) {}

  /** Notes that there is a worker of this kind. */
  async note(facts: StageMachineFacts): Promise<void> {
    const kind = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
    const value = { facts, seenAt: Date.now() };
    await this.database.orm
      .insert(settings)
      .values({ name: `${PREFIX}${kind}`, value })
      .onConflictDoUpdate({ target: settings.name, set: { value } });
  }

  async list(): Promise<StageMachineFacts[]> {
    const seenAt = sql<number>`(${settings.value}->>'seenAt')::float8`;
    const rows = await this.database.orm
      .select({ value: settings.value })
      .from(settings)
      .where(and(like(settings.name, `${PREFIX}%`), gt(seenAt, Date.now() - DAYS * 86_400_000)));
    return rows.map(({ value }) => (value as { facts: StageMachineFacts }).facts);
  }
}

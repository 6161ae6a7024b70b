import { sql } from 'drizzle-orm';
import type { Queries } from '../database.js';

interface Wanted {
  state?: string;
  wantedName: string | null;
  wantedTag: string | null;
}

/** What a device listens to: benchmarks for its name, and for each of its tags. */
export function topicsOf(name: string, tags: readonly string[]): string[] {
  const ofTags = tags.map((tag) => `tag:${tag}`);
  return [`name:${name}`, ...ofTags];
}

/** Wakes the devices that may take these benchmarks, once the transaction is done. */
export async function wakeDevices(queries: Queries, rows: readonly Wanted[]): Promise<void> {
  const waiting = rows.filter(({ state }) => state === undefined || state === 'waiting');
  const topics = waiting.map(({ wantedName, wantedTag }) => (wantedName ? `name:${wantedName}` : `tag:${wantedTag}`));
  for (const topic of new Set(topics))
    await queries.execute(sql`select pg_notify('coldpress_devices', ${topic}::text)`);
}

import { and, eq } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { trials } from './sweep-schema.js';

/** The least places among the trials of a sweep that run which nobody has, from 1 and ascending. */
export async function freeSlots(queries: Queries, sweepId: string, count: number): Promise<number[]> {
  const isRunning = and(eq(trials.sweepId, sweepId), eq(trials.state, 'running'));
  const rows = await queries.select({ slot: trials.slot }).from(trials).where(isRunning);
  const taken = new Set(rows.map(({ slot }) => slot));
  const free: number[] = [];
  for (let slot = 1; free.length < count; slot++) if (!taken.has(slot)) free.push(slot);
  return free;
}

import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { appendSweepEvents } from './sweep-events.js';
import { trials } from './sweep-schema.js';
import { readTrials } from './trial-row.js';

/** Tells those who follow a sweep of some of its trials as they are now, in the order of their numbers. */
export async function tellTrials(queries: Queries, sweepId: string, numbers: readonly number[]): Promise<void> {
  const areThese = and(eq(trials.sweepId, sweepId), inArray(trials.number, [...numbers]));
  const rows = await queries.select().from(trials).where(areThese).orderBy(asc(trials.number));
  const told = await readTrials(queries, rows);
  await appendSweepEvents(
    queries,
    sweepId,
    told.map((trial) => ({ type: 'trial', trial })),
  );
}

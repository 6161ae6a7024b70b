import type { Assignment, ModelMetrics, Recipe, StageMetrics } from '#contracts';
import { sql } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { storable } from '../text.js';
import { trials, type StoredOutcome } from './sweep-schema.js';

/** A job that measured a recipe, on its own or for an earlier sweep. */
export interface MeasuredTrial {
  jobId: string;
  recipe: Recipe;
  baseline: ModelMetrics | null;
  metrics: StageMetrics;
  modelDigest: string | null;
}

/** A trial that a sweep begins with: what an earlier job measured, judged by what this sweep is for. */
export interface EarlierTrial extends Omit<MeasuredTrial, 'recipe'> {
  assignment: Assignment;
  outcome: StoredOutcome;
  devices: Record<string, number>;
  violation: number;
  violated: string[];
}

/** Writes them as the first trials of a sweep within the caller's transaction. They cost it nothing. */
export async function insertEarlier(queries: Queries, sweepId: string, list: readonly EarlierTrial[]): Promise<void> {
  if (list.length === 0) return;
  const rows = list.map(({ baseline: _baseline, ...trial }, number) => ({
    ...storable(trial),
    sweepId,
    number,
    revision: number + 1,
    state: 'complete' as const,
    origin: 'earlier' as const,
    stagesExecuted: 0,
    seconds: 0,
    finishedAt: sql`now()`,
  }));
  await queries.insert(trials).values(rows);
}

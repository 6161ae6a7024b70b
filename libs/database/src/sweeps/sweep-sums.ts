import type { TrialCounts, TrialState } from '#contracts';
import { eq } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { added, takeStages } from './stage-sums.js';
import { sweeps, type SweepRow, type SweepSums } from './sweep-schema.js';

export const NO_TRIALS: TrialCounts = { running: 0, complete: 0, stopped: 0, cancelled: 0, failed: 0, infeasible: 0 };

/** Sums of a sweep that begins with so many trials that were measured before, of which some hold all constraints. */
export function firstSums(earlier: readonly { violation: number }[]): SweepSums {
  return {
    counts: { ...NO_TRIALS, complete: earlier.length },
    feasible: earlier.filter(({ violation }) => violation === 0).length,
    stages: { stages: 0, distinct: 0, executed: 0, seconds: 0, bytes: 0 },
    open: [],
  };
}

/** Trials that begin, or change their state. */
export interface CountedTrials {
  from?: TrialState;
  to: TrialState;
  trials: number;
  /** Of them those that hold all constraints. */
  feasible?: number;
}

/** Counts trials of a sweep whose row is locked. */
export async function countTrials(queries: Queries, sweep: SweepRow, list: readonly CountedTrials[]): Promise<void> {
  const { sums } = sweep;
  if (!sums) return;
  const counts = { ...sums.counts };
  let { feasible } = sums;
  for (const { from, to, trials, feasible: more = 0 } of list) {
    if (from !== undefined) counts[from] -= trials;
    counts[to] += trials;
    feasible += more;
  }
  await keep(queries, sweep, { ...sums, counts, feasible });
}

/**
 * Adds what the stages of a trial's job took, as the trial ends, and those of jobs that have ended after their trials.
 * Must come before the trial's row is touched: whoever deletes a job locks it ahead of that.
 */
export async function sumJob(queries: Queries, sweep: SweepRow, jobId: string | null): Promise<void> {
  if (!sweep.sums) return;
  const open: string[] = [];
  let { stages } = sweep.sums;
  for (const id of new Set([...sweep.sums.open, ...(jobId === null ? [] : [jobId])])) {
    const taken = await takeStages(queries, sweep, id);
    stages = added(stages, taken.stages);
    if (taken.goesOn) open.push(id);
  }
  await keep(queries, sweep, { ...sweep.sums, stages, open });
}

async function keep(queries: Queries, sweep: SweepRow, sums: SweepSums): Promise<void> {
  await queries.update(sweeps).set({ sums }).where(eq(sweeps.id, sweep.id));
  sweep.sums = sums;
}

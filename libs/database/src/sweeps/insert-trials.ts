import type { QueueEntry } from '#contracts';
import { eq, sql } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { insertJobs } from '../insert-jobs.js';
import { storable } from '../text.js';
import { freeSlots } from './free-slots.js';
import { sweeps, trials, type SweepRow } from './sweep-schema.js';
import { countTrials } from './sweep-sums.js';
import { tellTrials } from './tell-trials.js';
import type { NewTrial } from './trial-changes.js';

/** Trials that were begun: their numbers in the order given, and what the queue is to be given for those that run. */
export interface BegunTrials {
  numbers: number[];
  entries: QueueEntry[];
}

type WithJob = Extract<NewTrial, { job: object }>;

/**
 * Begins trials of a sweep whose row is locked, in a handful of statements for any number of them: rows of trials and
 * of their jobs, or nothing. One whose assignment makes no job has ended with it. The row takes notice.
 */
export async function insertTrials(queries: Queries, sweep: SweepRow, list: readonly NewTrial[]): Promise<BegunTrials> {
  if (list.length === 0) return { numbers: [], entries: [] };
  const first = await takeNumbers(queries, sweep, list.length);
  const running = list.filter((trial): trial is WithJob => trial.job !== null);
  const slots = await freeSlots(queries, sweep.id, running.length);
  const given = running.map(({ job }, at) => ({ ...job, sweepId: sweep.id, priority: slots[at] ?? 1 }));
  const { jobs } = await insertJobs(queries, given);
  const begun = new Map(running.map((trial, at) => [trial as NewTrial, { jobId: jobs[at]?.id, slot: slots[at] }]));
  const rows = list.map((trial, at) => ({
    sweepId: sweep.id,
    number: first.number + at,
    revision: first.revision + at,
    origin: trial.origin,
    assignment: storable(trial.assignment),
    ...(trial.job === null ? notRun(trial.reason) : begun.get(trial)),
  }));
  await queries.insert(trials).values(rows);
  const infeasible = list.length - running.length;
  await countTrials(queries, sweep, [
    { to: 'running', trials: running.length },
    { to: 'infeasible', trials: infeasible },
  ]);
  const numbers = rows.map(({ number }) => number);
  await tellTrials(queries, sweep.id, numbers);
  return { numbers, entries: jobs.map(({ id, priority }, at) => entryOf(id, priority, running[at])) };
}

function entryOf(jobId: string, priority: number, trial: WithJob | undefined): QueueEntry {
  return { jobId, stageCount: trial?.job.stages.length ?? 0, run: 1, priority };
}

function notRun(reason: string) {
  const nothing = { stagesExecuted: 0, seconds: 0, finishedAt: new Date() };
  return { ...nothing, state: 'infeasible' as const, reason: storable(reason) };
}

/** The number and the revision of the first of so many trials that are new. */
async function takeNumbers(queries: Queries, sweep: SweepRow, count: number) {
  const { asked, revision } = sweeps;
  const [row] = await queries
    .update(sweeps)
    .set({ asked: sql`${asked} + ${count}`, revision: sql`${revision} + ${count}` })
    .where(eq(sweeps.id, sweep.id))
    .returning({ asked, revision });
  Object.assign(sweep, row);
  return { number: sweep.asked - count, revision: sweep.revision - count + 1 };
}

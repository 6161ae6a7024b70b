import { hasEnded } from '#contracts';
import { and, eq, inArray } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { SweepStateError } from '../errors.js';
import { jobs } from '../schema.js';
import { wakeDrivers } from './sweep-events.js';
import { lockSweep, setState } from './sweep-repository.js';
import { sweeps, trials, type SweepRow } from './sweep-schema.js';
import { SweepSession } from './sweep-session.js';
import { countTrials } from './sweep-sums.js';

/** Locks the sweep that a job is a trial of, ahead of the job; null where it is of none. */
export async function lockSweepOf(queries: Queries, jobId: string): Promise<SweepRow | null> {
  const [job] = await queries.select({ sweepId: jobs.sweepId }).from(jobs).where(eq(jobs.id, jobId));
  return job?.sweepId ? lockSweep(queries, job.sweepId) : null;
}

/**
 * The trial of a job that runs anew runs too, whatever it had come to, under the sweep's lock: what the job comes to is
 * what the trial comes to. Throws SweepStateError where the sweep was cancelled, since whatever runs in it ends at
 * once.
 */
export async function reopenTrial(queries: Queries, sweep: SweepRow, jobId: string): Promise<void> {
  if (sweep.state === 'cancelled')
    throw new SweepStateError(
      sweep.id,
      'is cancelled and none of its trials can run: give it more trials or time first',
    );
  const session = new SweepSession(queries, sweep);
  const canReopen = and(
    eq(trials.sweepId, sweep.id),
    eq(trials.jobId, jobId),
    inArray(trials.state, ['stopped', 'failed', 'cancelled']),
  );
  const [before] = await queries.select({ state: trials.state }).from(trials).where(canReopen).for('update');
  const [trial] = await queries
    .update(trials)
    .set({
      state: 'running',
      slot: await session.freeSlot(),
      revision: await session.nextRevision(),
      metrics: null,
      devices: {},
      outcome: null,
      violation: null,
      violated: [],
      reason: null,
      modelDigest: null,
      stagesExecuted: null,
      seconds: null,
      finishedAt: null,
    })
    .where(canReopen)
    .returning({ number: trials.number });
  if (before) await countTrials(queries, sweep, [{ from: before.state, to: 'running', trials: 1 }]);
  if (trial) await session.tell(trial.number);
  else await forgetVerdict(queries, sweep, jobId);
  await wakeDrivers(queries);
}

/** The last word of a sweep that is measured anew has no verdict until then, and the sweep ends by it once more. */
async function forgetVerdict(queries: Queries, { id, state, verification }: SweepRow, jobId: string): Promise<void> {
  const last = verification.at(-1);
  if (last?.jobId !== jobId) return;
  const open = [...verification.slice(0, -1), { ...last, passed: null, gates: [] }];
  await queries.update(sweeps).set({ verification: open }).where(eq(sweeps.id, id));
  if (hasEnded(state)) await setState(queries, id, 'stopping', 'its last word is measured anew');
}

import type { QueueEntry } from '#contracts';
import type { NewTrial, SweepSession } from '#database';
import { newTrialOf, trialLimit } from '#pipeline';
import type { LiveSweep } from './live-sweeps.js';

/** Trials that one round begins at most: a round holds the sweep's lock. */
const AT_ONCE = 32;

export interface Begun {
  entries: QueueEntry[];
  /** Whether no trial can be begun any more. */
  isExhausted: boolean;
  /** Whether more could have been begun. */
  isDue: boolean;
}

/** Begins trials until as many run as may, or nothing is left to try. */
export async function beginTrials(session: SweepSession, live: LiveSweep): Promise<Begun> {
  const { sweep } = session;
  const free = sweep.document.limits.parallel - (await session.runningCount());
  // A space that is used up is told by the study: trials of an earlier space count in all.
  const most = live.plan.document.limits.trials ?? trialLimit(live.plan);
  const left = most - (await session.begunCount());
  const { trials, isExhausted } = choose(session, live, { free, left });
  const { entries } = await session.beginAll(trials);
  return { entries, isExhausted, isDue: !isExhausted && entries.length < free };
}

/** Assignments that make no valid recipe run nothing: they take no place among the trials that run. */
function choose({ sweep }: SweepSession, live: LiveSweep, { free, left }: { free: number; left: number }) {
  const trials: NewTrial[] = [];
  for (let running = 0; trials.length < AT_ONCE && running < free;) {
    const assignment = trials.length < left ? live.study.ask(sweep.asked + trials.length) : null;
    if (!assignment) return { trials, isExhausted: true };
    const trial = newTrialOf(live.plan, sweep, assignment, 'sampler');
    trials.push(trial);
    if (trial.job) running += 1;
  }
  return { trials, isExhausted: false };
}

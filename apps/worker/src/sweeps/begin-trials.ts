import type { QueueEntry } from '#contracts';
import type { SweepSession } from '#database';
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
  const { parallel } = sweep.document.limits;
  const entries: QueueEntry[] = [];
  let running = await session.runningCount();
  for (let i = 0; i < AT_ONCE && running < parallel; i++) {
    if (sweep.asked >= trialLimit(live.plan)) return { entries, isExhausted: true, isDue: false };
    const assignment = live.study.ask(sweep.asked);
    if (!assignment) return { entries, isExhausted: true, isDue: false };
    const { entry } = await session.begin(newTrialOf(live.plan, sweep, assignment, 'sampler'));
    if (entry) {
      entries.push(entry);
      running += 1;
    }
  }
  return { entries, isExhausted: false, isDue: running < parallel };
}

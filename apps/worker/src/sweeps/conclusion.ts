import type { QueueEntry } from '#contracts';
import type { SweepSession } from '#database';
import { lastWord } from './verification.js';

/** Trials that fail before any comes to something until the sweep is given up. */
const GIVE_UP = 5;

/** When a sweep begins no trial any more, and when it has ended. */
export class Conclusion {
  constructor(private readonly session: SweepSession) {}

  /** Ends the search where its time is used up, and where nothing but failures comes of it. */
  async atLimits(): Promise<void> {
    const { sweep } = this.session;
    const { minutes } = sweep.document.limits;
    if (sweep.state !== 'running') return;
    if (minutes !== undefined && searchedSeconds(sweep) >= minutes * 60)
      return this.session.setState('stopping', `its time is used up (limit: ${minutes} min)`);
    const { failed, complete, reason } = await this.session.failures();
    if (complete > 0 || failed < GIVE_UP) return;
    const message = `all of the first ${failed} trials failed, the last one because: ${reason ?? 'of nothing that is known'}`;
    await this.session.setState('failed', message, { code: 'trials_failed', message });
  }

  /**
   * Ends the sweep once nothing runs and nothing more will, and the last word is spoken. Returns what the queue is to
   * be given for that.
   */
  async atEnd(isExhausted: boolean): Promise<QueueEntry[]> {
    const { session } = this;
    const { state, reason, asked } = session.sweep;
    const isLast = state === 'stopping' || (state === 'running' && isExhausted);
    if (!isLast || (await session.runningCount()) > 0) return [];
    const why = state === 'stopping' && reason ? reason : `all of ${asked} trials have ended`;
    const word = await lastWord(session);
    if (!word.isSpoken) {
      if (state !== 'stopping') await session.setState('stopping', why);
      return word.entries;
    }
    await session.setState('finished', word.words === null ? why : `${why}; ${word.words}`);
    return [];
  }
}

function searchedSeconds({ searchedSeconds: before, runningSince }: SweepSession['sweep']): number {
  return before + (runningSince ? (Date.now() - runningSince.getTime()) / 1000 : 0);
}

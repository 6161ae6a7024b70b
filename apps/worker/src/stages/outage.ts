import { setTimeout as wait } from 'node:timers/promises';
import { judge } from './failures.js';

/** How long a stage that could not begin waits before it looks for its servers again. */
export const OUTAGE_MS = 5000;
const FIRST_WAIT_MS = 250;

/**
 * Does a piece of work, again and again for as long as the store or the database does not answer, so that an outage
 * does not cost what was computed. Throws what the work throws otherwise, and the signal's reason.
 */
export async function outlast<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  onOutage: (message: string) => void,
): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, OUTAGE_MS)) {
    try {
      return await work();
    } catch (error) {
      const { outage, failure } = judge(error);
      if (!outage) throw error;
      if (waitMs === FIRST_WAIT_MS) onOutage(failure.message);
      await wait(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

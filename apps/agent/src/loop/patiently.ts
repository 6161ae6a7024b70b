import { setTimeout as wait } from 'node:timers/promises';
import { isRefusal } from './held-lease.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Asks until the server answers: it may be restarting, or behind a broken line. Throws its refusals, and the reason of
 * the signal.
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  onTrouble: (error: unknown) => void,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (isRefusal(error)) throw error;
      onTrouble(error);
    }
    // Not all agents of a server that restarts at the same moment.
    await wait(pauseMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
  }
}

import { setTimeout as wait } from 'node:timers/promises';

export interface Repetition {
  /** Begins no further round, tells the one under way by its signal and resolves when that has ended. */
  stop(): Promise<void>;
}

/**
 * Does the work now and again, `everyMs` after each end: rounds never overlap, however long one takes, and one that
 * fails is reported and followed by the next.
 */
export function repeat(
  everyMs: number,
  work: (signal: AbortSignal) => Promise<unknown>,
  onError: (error: unknown) => void,
): Repetition {
  const stopping = new AbortController();
  const { signal } = stopping;
  const rounds = (async () => {
    while (!signal.aborted) {
      await work(signal).catch((error: unknown) => void (signal.aborted || onError(error)));
      await wait(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  })();
  return {
    stop: () => {
      stopping.abort();
      return rounds;
    },
  };
}

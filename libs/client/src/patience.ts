import { ClientError, ProblemError, UnexpectedAnswerError } from './errors.js';
import { pause } from './pause.js';

/** Pauses before what broke is taken up again, ms; the last one repeats. */
const RESUME_AFTER_MS = [200, 500, 1000, 2000, 5000, 10_000];
/** Pages that lost the same server do not come back at the same moment: pauses differ by so much of themselves. */
const JITTER = 0.3;

export interface Patience {
  signal?: AbortSignal | undefined;
  /** Told of each break, and of the pause before it is tried again, ms. */
  onBreak?: ((error: Error, pauseMs: number) => void) | undefined;
}

export interface CallPatience extends Patience {
  /** Whether trying again may help; by default after no answer, a trouble of the server, too many requests. */
  isPassing?: (error: unknown) => boolean;
}

/**
 * The answer of a call that is tried again, without end, as long as what keeps it from answering may pass: longer than
 * a call tries by itself. Throws what does not pass, and the signal's reason.
 */
export async function patiently<T>(call: () => Promise<T>, options: CallPatience = {}): Promise<T> {
  const { signal, onBreak, isPassing: passes = isPassing } = options;
  for (let failures = 1; ; failures += 1) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      if (!passes(error)) throw error;
      const wait = pauseBefore(failures);
      onBreak?.(error instanceof Error ? error : new Error(String(error)), wait);
      await pause(wait, signal);
    }
  }
}

/** The pause before the attempt that follows so many failures in a row, ms. */
export function pauseBefore(failures: number): number {
  const longest = RESUME_AFTER_MS.at(Math.min(failures, RESUME_AFTER_MS.length) - 1) ?? 0;
  return Math.round(longest * (1 - JITTER * Math.random()));
}

/** Too many requests and a request timeout pass; other refusals are the same the next time. */
export function isPassing(error: unknown): error is ClientError {
  if (error instanceof ProblemError) return error.problem.status >= 500 || [408, 429].includes(error.problem.status);
  return error instanceof ClientError && !(error instanceof UnexpectedAnswerError) && error.code !== 'no_api_key';
}

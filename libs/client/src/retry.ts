import { ProblemError, UnreachableError } from './errors.js';
import { pause } from './pause.js';
import type { Route } from './routes/route.js';

/** Pauses between attempts at a call that may be repeated, ms. */
const PAUSES_MS = [300, 1000];
/** A server that wants longer is not waited for: the caller is told. */
const LONGEST_PAUSE_MS = 10_000;
/** Of a proxy without a server behind it, of one that restarts, of one that is busy. */
const PASSING = [502, 503, 504];

/**
 * Tries a call again where that may help and cannot do anything twice: after a broken connection or a passing trouble
 * of the server if the route may be repeated, and where the server refused it for the moment. Throws the last error.
 */
export async function withRetries<T>(
  route: Route,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt > 0 && isDoneBefore(route, error)) return undefined as T;
      const wait = pauseAfter(route, error, attempt);
      if (wait === null) throw error;
      await pause(wait, signal);
    }
  }
}

/** What the first attempt deleted, whose answer was lost, is not there for the second. */
function isDoneBefore(route: Route, error: unknown): boolean {
  return route.method === 'DELETE' && error instanceof ProblemError && error.problem.status === 404;
}

function pauseAfter(route: Route, error: unknown, attempt: number): number | null {
  const own = PAUSES_MS[attempt];
  if (own === undefined || !mayRepeat(route, error)) return null;
  const asked = error instanceof ProblemError ? (error.retryAfterS ?? 0) * 1000 : 0;
  return asked > LONGEST_PAUSE_MS ? null : Math.max(own, asked);
}

function mayRepeat(route: Route, error: unknown): boolean {
  const isRepeatable = route.method === 'GET' || route.method === 'DELETE' || route.repeat !== undefined;
  if (error instanceof UnreachableError) return isRepeatable;
  if (!(error instanceof ProblemError)) return false;
  const { status, code } = error.problem;
  // Too many requests were refused before anything was done for them.
  if (status === 429 || code === 'idempotency_pending') return true;
  return isRepeatable && PASSING.includes(status);
}

import { Problem } from '#contracts';
import { ProblemError, UnreachableError } from './errors.js';
import type { Request } from './request.js';

/** Sends a request once. Throws ProblemError for an answer that is no success, UnreachableError where none came. */
export async function exchange({ address, init }: Request, signal?: AbortSignal): Promise<Response> {
  const answer = fetch(address, { ...init, ...(signal ? { signal } : {}) });
  const response = await orUnreachable(address, signal, answer);
  if (response.ok) return response;
  throw new ProblemError(await problemOf(response), retryAfterOf(response));
}

/**
 * An answer, or a part of it, that may not come: the connection's own words are the cause. A call that was given up
 * stays so.
 */
export async function orUnreachable<T>(address: string, signal: AbortSignal | undefined, answer: Promise<T>) {
  try {
    return await answer;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new UnreachableError(originOf(address), cause);
  }
}

const originOf = (address: string): string => /^[a-z]+:\/\/[^/]*/.exec(address)?.[0] ?? '';

/** What the server says; of a server that is none of ours, or of a proxy, the status alone. */
async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const parsed = Problem.safeParse(body);
  if (parsed.success) return parsed.data;
  const { statusText, status } = response;
  const detail = `the server answered ${status}${statusText ? ` ${statusText}` : ''}`;
  return { type: 'about:blank', title: statusText, status, code: 'unknown', detail };
}

/** Seconds; dates, which the API does not send, are not read. */
function retryAfterOf(response: Response): number | null {
  const header = response.headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(header) ? Number(header) : null;
}

import { UnreachableError } from '#client';
import { Readiness } from '#contracts';

/**
 * Whether the parts of the server answer. The answer is the same document whether they do (200) or not (503). Throws
 * UnreachableError.
 */
export async function readinessOf(signal: AbortSignal): Promise<Readiness> {
  const response = await fetch('/ready', { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new UnreachableError('', cause);
  });
  return Readiness.parse(await response.json());
}

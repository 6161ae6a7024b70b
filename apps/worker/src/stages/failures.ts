import type { Failure } from '#contracts';
import { isUnreachable, postgresCode } from '#database';
import { ProcessError } from '#process';
import { StorageError, StoreUnavailableError } from '#storage';

export interface FailureVerdict {
  failure: Failure;
  /** The same stage would fail again: no further attempt. */
  permanent: boolean;
  /** A server that every stage needs does not answer: this one waits for it, however long that takes. */
  outage: boolean;
}

/** A stage whose job was cancelled while it ran. */
export class CancelledError extends ProcessError {
  constructor() {
    super('cancelled', 'the job was cancelled', true);
  }
}

const SYSTEM_ERROR = /^E[A-Z0-9]+$/;

/**
 * What a failure means. Lost processes, stores and databases may come back; what the model, the data or the recipe
 * caused will not go away. An error without a code is a bug of ours: it is shown as such and not repeated.
 */
export function judge(error: unknown): FailureVerdict {
  if (error instanceof ProcessError) return verdict(error.code, error.message, error.permanent);
  if (error instanceof StorageError)
    return verdict(error.code, error.message, !error.transient, error instanceof StoreUnavailableError);
  if (isUnreachable(error)) return verdict('database_unavailable', 'the database does not answer', false, true);
  const code = postgresCode(error);
  if (!(error instanceof Error)) return verdict('internal', String(error), true);
  if (error.name === 'DrizzleQueryError' || (code !== undefined && SYSTEM_ERROR.test(code)))
    return verdict('temporary', causeOf(error).message, false);
  return verdict(code ?? 'internal', error.message, true);
}

function verdict(code: string, message: string, permanent: boolean, outage = false): FailureVerdict {
  return { failure: { code, message }, permanent, outage };
}

function causeOf(error: Error): Error {
  return error.cause instanceof Error ? error.cause : error;
}

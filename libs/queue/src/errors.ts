import { fieldProblems, sentenceOf } from '#contracts';

/** Base of what libs/queue throws. */
export class QueueError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The server behind the queue does not answer. */
export class QueueUnavailableError extends QueueError {
  constructor(cause: unknown) {
    super(
      'queue_unavailable',
      `the queue does not answer: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`,
      { cause },
    );
  }
}

/** A handler throws this when no further attempt can help: the queue does not try again. */
export class PermanentFailure extends QueueError {
  constructor(cause: unknown) {
    super('permanent', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A handler throws this when its worker is shutting down: the job goes back to its place and no attempt is counted. */
export class Interrupted extends QueueError {
  constructor() {
    super('interrupted', 'the worker is shutting down');
  }
}

/**
 * A handler throws this when a server that it needs does not answer: the job comes again later, and no attempt is
 * counted.
 */
export class Postponed extends QueueError {
  constructor(
    readonly delayMs: number,
    cause: unknown,
  ) {
    super('postponed', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The payload in the queue is not what this build writes. */
export class PayloadError extends QueueError {
  constructor(name: string, cause: unknown) {
    super('queue_payload', `the queue job "${name}" cannot be read: ${payloadWords(cause)}`, { cause });
  }
}

function payloadWords(cause: unknown): string {
  if (cause instanceof Error && 'issues' in cause && Array.isArray(cause.issues))
    return sentenceOf(fieldProblems(cause.issues as Parameters<typeof fieldProblems>[0]));
  return cause instanceof Error ? cause.message : String(cause);
}

/** What the queue records of an attempt that failed and may be repeated. */
export class AttemptError extends QueueError {
  constructor(message: string) {
    super('attempt_failed', message);
  }
}

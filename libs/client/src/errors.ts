import { sentenceOf, type FieldProblem, type Problem } from '#contracts';

/** Why a call has no answer; `code` is stable. */
export class ClientError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The server refused, or failed, with a problem (RFC 9457); `code` is the problem's. */
export class ProblemError extends ClientError {
  constructor(
    readonly problem: Problem,
    /** When the server says that asking again may help. */
    readonly retryAfterS: number | null = null,
  ) {
    super(problem.code, describe(problem));
  }
}

/**
 * No server answered, or the connection broke before the answer was whole. `url` is empty on a page that the server
 * itself gave.
 */
export class UnreachableError extends ClientError {
  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super('unreachable', url === '' ? 'the server does not answer' : `no Coldpress server answers at ${url}`, {
      cause,
    });
  }
}

/** What answers is no Coldpress server, or one of another version; `problems` say where its answer differs. */
export class UnexpectedAnswerError extends ClientError {
  constructor(
    readonly request: string,
    readonly problems: readonly FieldProblem[],
    options?: ErrorOptions,
  ) {
    super(
      'unexpected_answer',
      `the answer to ${request} is not one of a Coldpress server of this version (${sentenceOf(problems)}): check the address, and use a client of the server's version`,
      options,
    );
  }
}

/** An event stream closed, or fell silent, before its end. */
export class StreamBrokenError extends ClientError {
  constructor(
    readonly request: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super('stream_broken', `the event stream ${request} ${what}`, options);
  }
}

/** Each fault once: the detail holds them in a row, which is told as a list where there are several. */
function describe({ title, detail, errors = [] }: Problem): string {
  const lines = (faults: typeof errors) => faults.map((fault) => `\n  ${sentenceOf([fault])}`).join('');
  const row = sentenceOf(errors);
  if (errors.length > 1 && detail.includes(row))
    return `${detail.replace(row, '').replace(/[\s:;]+$/, '') || title}:${lines(errors)}`;
  return `${detail || title}${lines(errors.filter(({ message }) => !detail.includes(message)))}`;
}

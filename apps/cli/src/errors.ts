import { sentenceOf, type Problem } from '#contracts';
import { EXIT, type ExitCode } from './exit-codes.js';

/** An error that ends the command with a message for people and an exit code for scripts. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The command line or a file named on it is wrong. */
export class UsageError extends CliError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.usage, 'usage', options);
  }
}

/** No server answered at the URL. */
export class UnreachableError extends CliError {
  constructor(url: string, cause: unknown) {
    super(
      `no Coldpress server answers at ${url}: start one with \`npm start\`, or name another with --url`,
      EXIT.unreachable,
      'unreachable',
      { cause },
    );
  }
}

/** What answers is no Coldpress server, or one of another version. */
export class UnexpectedAnswerError extends CliError {
  constructor(url: string, problem: string, options?: ErrorOptions) {
    super(
      `the answer of ${url} is not one of a Coldpress server of this version (${problem}): check --url, and use the command of the server's version`,
      EXIT.failed,
      'unexpected_answer',
      options,
    );
  }
}

/** The server answered with a problem (RFC 9457). */
export class ApiProblemError extends CliError {
  constructor(readonly problem: Problem) {
    super(describe(problem), exitCodeOf(problem), problem.code);
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

function exitCodeOf(problem: Problem): ExitCode {
  if (problem.status === 401 || problem.status === 403) return EXIT.unauthorized;
  return problem.status === 400 || problem.status === 422 ? EXIT.usage : EXIT.failed;
}

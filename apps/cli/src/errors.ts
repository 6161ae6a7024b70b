import { ProblemError, UnexpectedAnswerError, UnreachableError, type ClientError } from '#client';
import { EXIT, type ExitCode } from './exit-codes.js';
import { serverCommand } from './command-name.js';

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

/** What the client library says of a call, with the way out that the command has, and an exit code. */
export function ofCall(error: ClientError): CliError {
  if (error instanceof ProblemError) return new CliError(error.message, exitCodeOf(error.problem), error.code);
  if (error instanceof UnreachableError)
    return new CliError(
      `${error.message}: start one with \`${serverCommand()}\`, or name another with --url`,
      EXIT.unreachable,
      error.code,
    );
  const wayOut = error instanceof UnexpectedAnswerError ? ' (--url names another)' : '';
  return new CliError(`${error.message}${wayOut}`, EXIT.failed, error.code, { cause: error });
}

function exitCodeOf({ status }: ProblemError['problem']): ExitCode {
  if (status === 401 || status === 403) return EXIT.unauthorized;
  return status === 400 || status === 422 ? EXIT.usage : EXIT.failed;
}

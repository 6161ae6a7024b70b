import type { FieldProblem } from '#contracts';

/** An error that the API itself finds; the filter gives it the status that its code has in the problem table. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly problems: readonly FieldProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

export type { FieldProblem };

/** What is wrong with a field of a call. */
export interface CallProblem {
  /** The option or setting at fault, such as `weightBits`; empty for the call as a whole. */
  field: string;
  message: string;
}

/** A call that cannot be run, found before anything was; the same call is refused again. */
export class CallError extends Error {
  readonly code = 'library_call';

  constructor(
    readonly pass: string,
    readonly problems: readonly CallProblem[],
  ) {
    super(`${pass}: ${problems.map(({ field, message }) => (field ? `${field}: ${message}` : message)).join('; ')}`);
    this.name = new.target.name;
  }
}

/** Base of what libs/evaluation throws. */
export class EvaluationError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A model's output cannot be compared with the baseline's or read as class scores. */
export class OutputMismatchError extends EvaluationError {
  constructor(
    readonly output: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(
      'output_mismatch',
      `output "${output}": expected ${expected}, got ${got}; the pass that made this model changed its interface`,
    );
  }
}

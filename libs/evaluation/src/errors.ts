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

/** A model has no output that the task can read. */
export class TaskOutputError extends EvaluationError {
  constructor(
    readonly wanted: string,
    outputs: Readonly<Record<string, { dims: readonly number[] }>>,
    problem: string,
  ) {
    const present = Object.entries(outputs).map(([name, { dims }]) => `"${name}" [${dims.join(', ')}]`);
    super(
      'task_output',
      `${problem}: expected ${wanted}, got ${present.join(', ')}; name the output in readOutput, or choose another task`,
    );
  }
}

/** A module of the recipe that computes a figure failed. */
export class CustomMetricError extends EvaluationError {
  constructor(
    readonly metric: string,
    problem: string,
  ) {
    super('custom_metric', `the module of metric "${metric}": ${problem}`);
  }
}

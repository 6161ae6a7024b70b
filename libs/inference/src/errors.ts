/** Base of what libs/inference throws. */
export class InferenceError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The runtime refused to load the model. */
export class ModelLoadError extends InferenceError {
  constructor(cause: unknown) {
    super('model_load', `onnxruntime cannot load the model: ${messageOf(cause)}`, { cause });
  }
}

/** The runtime failed while running a loaded model. */
export class RunError extends InferenceError {
  constructor(cause: unknown) {
    super('model_run', `onnxruntime cannot run the model: ${messageOf(cause)}`, { cause });
  }
}

/** The runtime's profile is missing or unreadable. */
export class ProfileError extends InferenceError {
  constructor(problem: string) {
    super('model_profile', problem);
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

import { CompressionError } from '../errors.js';

/** The model cannot be run as it is, so the shapes that channel removal needs cannot be observed. */
export class UnobservableModelError extends CompressionError {
  constructor(cause: unknown) {
    super(
      'prune_unobservable',
      `the model did not run on generated inputs, so its shapes are unknown: ${messageOf(cause)}; give its ` +
        'inputs fixed dimensions, or prune with granularity "weight", which needs no shapes',
      { cause },
    );
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

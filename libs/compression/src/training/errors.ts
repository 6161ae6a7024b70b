import { CompressionError } from '../errors.js';

/** The model or the data cannot be trained on at all; the message says what is in the way. */
export class TrainingError extends CompressionError {
  constructor(problem: string, options?: ErrorOptions) {
    super('training', problem, options);
  }
}

/** A loss or a weight left the finite numbers. */
export class DivergedError extends CompressionError {
  readonly step: number;
  /** What left them: a loss, or a weight by name. */
  readonly what: string;

  constructor({ what, step, learningRate }: { what: string; step: number; learningRate: number }) {
    super(
      'training_diverged',
      `${what} is not finite at step ${step} with learning rate ${learningRate}: lower learningRate or set clipNorm`,
    );
    this.step = step;
    this.what = what;
  }
}

/** A checkpoint is not what was written: a training does without it and begins anew. */
export class DamagedCheckpointError extends CompressionError {
  constructor(problem: string, options?: ErrorOptions) {
    super('damaged_checkpoint', `the checkpoint is damaged: ${problem}`, options);
  }
}

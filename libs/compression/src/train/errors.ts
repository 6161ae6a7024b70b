import { CompressionError } from '../errors.js';

/** The model or the data cannot be trained on at all; the message says what is in the way. */
export class TrainingError extends CompressionError {
  constructor(problem: string, options?: ErrorOptions) {
    super('training', problem, options);
  }
}

/** The loss left the finite numbers. */
export class DivergedError extends CompressionError {
  constructor(
    readonly step: number,
    readonly learningRate: number,
  ) {
    super('training_diverged', `the loss is not finite at step ${step} with learning rate ${learningRate}: lower learningRate or set clipNorm`);
  }
}

/** A checkpoint is not what was written: a training does without it and begins anew. */
export class DamagedCheckpointError extends CompressionError {
  constructor(problem: string, options?: ErrorOptions) {
    super('damaged_checkpoint', `the checkpoint is damaged: ${problem}`, options);
  }
}

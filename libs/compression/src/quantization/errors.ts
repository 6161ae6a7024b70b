import { nearestName } from '#contracts';
import { CompressionError, OptionError } from '../errors.js';

/** An activation took values that no grid can hold. */
export class NonFiniteActivationError extends CompressionError {
  constructor(
    readonly value: string,
    readonly min: number,
    readonly max: number,
    /** What the owner can do about it. */
    wayOut = 'mend the model or the data',
  ) {
    const extent = Number.isFinite(min) && Number.isFinite(max) ? 'holds NaN' : `ranges over [${min}, ${max}]`;
    super('non_finite_activation', `value "${value}" ${extent} on the calibration data: ${wayOut}`);
  }
}

/** The data itself holds values that are not finite. */
export class NonFiniteDataError extends CompressionError {
  constructor(place: { sample: number; input: string; value: number }, activation: NonFiniteActivationError) {
    super(
      'non_finite_data',
      `sample ${place.sample} of the calibration data holds ${place.value} in input "${place.input}", which ` +
        `value "${activation.value}" takes over: mend the sample or leave it out`,
      { cause: activation },
    );
  }
}

/** Widths per layer were asked for, and what decides them is missing or out of reach. */
export class MixedPrecisionError extends CompressionError {
  constructor(problem: string) {
    super('mixed_precision', `widths cannot be chosen layer by layer: ${problem}`);
  }
}

/** An option speaks of a value by name, and the model has none of that name. */
export class UnknownValueError extends OptionError {
  constructor(option: string, value: string, values: readonly string[]) {
    const nearest = nearestName(value, values);
    super(
      option,
      `${option} speaks of "${value}", and the model has no value of that name: give ranges that were measured ` +
        `on this model${nearest ? `; did you mean "${nearest}"?` : ''}`,
      'unknown_value',
    );
  }
}

import { nearestName } from '#contracts';
import { CompressionError, OptionError } from '../errors.js';

/** An activation took values that no grid can hold. */
export class NonFiniteActivationError extends CompressionError {
  constructor(
    readonly value: string,
    readonly min: number,
    readonly max: number,
  ) {
    super('non_finite_activation', `value "${value}" ranges over [${min}, ${max}] on the calibration data: exclude the node that produces it, or mend the data`);
  }
}

/** Calibration was asked for and there is nothing to calibrate on. */
export class CalibrationDataError extends CompressionError {
  constructor(problem: string) {
    super('calibration_data', `activation ranges cannot be measured: ${problem}`);
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
    super(option, `${option} speaks of "${value}", and the model has no value of that name: give ranges that were measured on this model${nearest ? `; did you mean "${nearest}"?` : ''}`, 'unknown_value');
  }
}

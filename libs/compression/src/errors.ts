import { nearestName } from '#contracts';

/** Base of what libs/compression throws; such an error is permanent: the same stage would fail again. */
export class CompressionError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An option does not go with the model; `option` is its path, such as `features[0].student`. */
export class OptionError extends CompressionError {
  constructor(
    readonly option: string,
    message: string,
    code = 'option',
  ) {
    super(code, message);
  }
}

/** An option speaks of layers by name, and the model has none of that name. */
export class UnknownLayerError extends OptionError {
  constructor(
    option: string,
    readonly pattern: string,
    readonly layers: readonly string[],
  ) {
    const nearest = nearestName(pattern, layers);
    super(
      option,
      `${option} speaks of "${pattern}", and no layer has such a name${nearest ? `: did you mean "${nearest}"?` : ''}`,
      'unknown_layer',
    );
  }
}

/** Calibration was asked for and there is nothing to calibrate on. */
export class CalibrationDataError extends CompressionError {
  constructor(problem: string) {
    super('calibration_data', `activation ranges cannot be measured: ${problem}`);
  }
}

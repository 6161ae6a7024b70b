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

/** An option speaks of layers by name, and the model has none of that name. */
export class UnknownLayerError extends CompressionError {
  constructor(
    readonly option: string,
    readonly pattern: string,
    readonly layers: readonly string[],
  ) {
    const nearest = nearestName(pattern, layers);
    super('unknown_layer', `${option} speaks of "${pattern}", and no layer has such a name${nearest ? `: did you mean "${nearest}"?` : ''}`);
  }
}

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

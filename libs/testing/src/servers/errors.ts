/** A server that a test asked for is not to be had; the message says what to install. */
export class TestServerError extends Error {
  constructor(
    readonly code: 'missing_program' | 'start_failed' | 'no_host',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

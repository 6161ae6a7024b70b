import { ApiError } from './api-error.js';

/** The server does as much as it can at a time; the same request may be sent again after some seconds. */
export class BusyError extends ApiError {
  constructor(
    code: 'too_many_checks' | 'overloaded',
    message: string,
    readonly retryAfterS: number,
  ) {
    super(code, message);
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const callers = new AsyncLocalStorage<string>();

/**
 * Remembers by which API key a request comes, for whatever is shared fairly; whether the key is valid is the guard's
 * concern.
 */
export function rememberCaller(request: Request, _response: Response, next: NextFunction): void {
  callers.run(
    createHash('sha256')
      .update(request.headers.authorization ?? '')
      .digest('hex'),
    next,
  );
}

/** Stands for the API key of the request that is being answered. */
export const caller = (): string => callers.getStore() ?? '';

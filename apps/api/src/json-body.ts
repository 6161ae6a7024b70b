import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { DocumentError, LIMITS, readJson } from '#documents';
import { ApiError } from './problems/api-error.js';

/**
 * Parses JSON bodies within limits on size, nesting and number of values; a key that is written twice is refused, not
 * dropped.
 */
export function useJsonBodies(app: NestExpressApplication): void {
  app.useBodyParser('text', { limit: LIMITS.request.bytes, type: 'application/json', defaultCharset: 'utf-8' });
  app.use(parseBody);
}

function parseBody(request: Request, _response: Response, next: NextFunction): void {
  const text: unknown = request.body;
  if (typeof text !== 'string') return next();
  try {
    request.body = text === '' ? undefined : readJson(text, LIMITS.request);
    next();
  } catch (cause) {
    next(
      cause instanceof DocumentError
        ? new ApiError('invalid_request', `the body: ${cause.message}`, [], { cause })
        : cause,
    );
  }
}

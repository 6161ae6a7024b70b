import { fieldProblems, schemaKeys, sentenceOf } from '#contracts';
import type { z } from 'zod';
import { ApiError } from './api-error.js';

/** Parses a part of a request whose fields speak for themselves. Throws ApiError `invalid_request` naming each. */
export function parseFields<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  return parseWith(schema, value, 'invalid_request');
}

/** Throws ApiError with `code` naming each field, of `what` where the fields alone would not tell. */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown, code: string, what?: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = fieldProblems(result.error.issues, { validKeys: (path) => schemaKeys(schema, path) });
  throw new ApiError(code, `${what === undefined ? '' : `${what}: `}${sentenceOf(problems)}`, problems);
}

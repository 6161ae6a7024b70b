import { fieldProblems, schemaKeys, sentenceOf } from '#contracts';
import type { z } from 'zod';
import { ApiError } from './api-error.js';

type Issues = Parameters<typeof fieldProblems>[0];

/** For StandardSchemaValidationPipe. */
export function invalidRequest(issues: Issues): ApiError {
  const problems = fieldProblems(issues);
  return new ApiError('invalid_request', sentenceOf(problems), problems);
}

/** Parses what no pipe sees. Throws ApiError with `code` naming each field. */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown, code: string, what: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = fieldProblems(result.error.issues, { validKeys: (path) => schemaKeys(schema, path) });
  throw new ApiError(code, `${what}: ${sentenceOf(problems)}`, problems);
}

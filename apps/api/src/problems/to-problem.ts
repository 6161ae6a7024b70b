import { HttpException } from '@nestjs/common';
import { errorCode, type Problem } from '#contracts';
import { isUnreachable } from '#database';
import { PROBLEMS } from './problem-table.js';
import type { FieldProblem } from './api-error.js';
import { transportWords } from './transport-words.js';

/** Codes of the errors that Nest and Express throw themselves. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  404: 'not_found',
  413: 'request_too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
};

/** What a client is told of an error: its code, where it lies and the way out; nothing of an error that is ours. */
export function toProblem(error: unknown): Problem {
  if (error instanceof HttpException)
    return problemOf(CODE_OF_STATUS[error.getStatus()] ?? 'internal', transportWords(error, error.getStatus()));
  const code = errorCode(error);
  if (code !== undefined && code in PROBLEMS && code !== 'internal')
    return problemOf(code, messageOf(error), fieldsOf(error));
  const status = statusOf(error);
  if (status !== undefined)
    return problemOf(CODE_OF_STATUS[status] ?? 'invalid_request', transportWords(error, status));
  if (isUnreachable(error))
    return problemOf('database_unavailable', 'the database does not answer: try again in a moment');
  return problemOf(
    'internal',
    "something went wrong on our side; the log has the details under this request's X-Request-Id",
  );
}

/** A problem of the table, in these words. */
export function problemOf(code: string, detail: string, errors: readonly FieldProblem[] = []): Problem {
  const { status, title } = PROBLEMS[code] ?? { status: 500, title: 'Internal error' };
  const listed = errors.length > 0 ? { errors: [...errors] } : {};
  return { type: `urn:coldpress:problem:${code}`, title, status, code, detail, ...listed };
}

/** RecipeError and ApiError list the fields at fault under `problems`. */
function fieldsOf(error: unknown): readonly FieldProblem[] {
  if (typeof error !== 'object' || error === null || !('problems' in error) || !Array.isArray(error.problems))
    return [];
  return (error.problems as FieldProblem[]).map(({ field, message }) => ({ field, message }));
}

/** Errors of Express's body parser carry the status that they deserve, below 500. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('expose' in error) || !error.expose) return undefined;
  return 'status' in error && typeof error.status === 'number' && error.status < 500 ? error.status : undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

import { fieldProblems, firstProblems } from '#contracts';
import type { z } from 'zod';
import { UnexpectedAnswerError } from './errors.js';
import { orUnreachable } from './exchange.js';
import type { Request } from './request.js';
import type { Route } from './routes/route.js';

/** Faults of an answer that a message names. */
const NAMED = 3;

/**
 * Reads an answer in the form that the route gives it. Throws UnexpectedAnswerError, UnreachableError when it breaks
 * off.
 */
export async function readAnswer(request: Request, route: Route, response: Response, signal?: AbortSignal) {
  const { answer } = route;
  switch (answer.kind) {
    case 'json': {
      const text = await orUnreachable(request.address, signal, response.text());
      return parseAnswer(request, answer.schema, text);
    }
    case 'text':
      return orUnreachable(request.address, signal, response.text());
    case 'bytes':
    case 'events':
      return bodyOf(response);
    case 'nothing':
      // Read to its end, so that the connection is free for the next call.
      await response.arrayBuffer().catch(() => undefined);
      return undefined;
  }
}

/** The bytes of an answer; of one without a body none. */
export function bodyOf(response: Response): ReadableStream<Uint8Array> {
  const body = response.body ?? new Blob([]).stream();
  return body as ReadableStream<Uint8Array>;
}

/**
 * JSON of a schema. `place` says which part of the answer it is, where it is not all of it. Throws
 * UnexpectedAnswerError with each field at fault.
 */
export function parseAnswer<T extends z.ZodType>(request: Request, schema: T, text: string, place = ''): z.output<T> {
  const result = schema.safeParse(documentOf(request, text, place));
  if (result.success) return result.data;
  const problems = firstProblems(fieldProblems(result.error.issues, { prefix: place })).slice(0, NAMED);
  throw new UnexpectedAnswerError(request.title, problems, { cause: result.error });
}

function documentOf(request: Request, text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnexpectedAnswerError(request.title, [{ field: place, message: 'it is not JSON' }], { cause });
  }
}

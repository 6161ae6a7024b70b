import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEMS } from '../problems/problem-table.js';
import { BODY_EXAMPLES } from './examples.js';
import { wordsFor } from './parameters.js';
import { RAW_BODY } from './raw-body.js';

interface Parameter {
  in: string;
  name: string;
  required?: boolean;
  description?: string;
  example?: unknown;
  schema?: { description?: string };
}

interface Response {
  description?: string;
  headers?: Record<string, unknown>;
  content?: Record<string, { schema?: { $ref?: string }; example?: unknown }>;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema?: unknown; example?: unknown }> };
  responses: Record<string, Response>;
  security?: object[];
  [extension: string]: unknown;
}

const PROBLEM = '#/components/schemas/Problem';

/**
 * Brings the document to what is really answered: problems under their own type, statuses that any route may have,
 * words, examples.
 */
export function complete(document: OpenAPIObject): OpenAPIObject {
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations) as unknown as [string, Operation][]) {
      takeRawBody(operation);
      describeParameters(path, operation);
      addProblems(path, method, operation);
      addExamples(path, operation);
    }
  }
  for (const scheme of Object.values(document.components?.securitySchemes ?? {}))
    delete (scheme as { bearerFormat?: string }).bearerFormat;
  return document;
}

function takeRawBody(operation: Operation): void {
  const content = operation[RAW_BODY] as NonNullable<Operation['requestBody']>['content'] | undefined;
  if (content === undefined) return;
  operation['requestBody'] = Object.assign({ required: true }, { content });
  delete operation[RAW_BODY];
}

function describeParameters(path: string, { parameters = [] }: Operation): void {
  for (const parameter of parameters) {
    const words = wordsFor(path, parameter);
    if (!words) continue;
    parameter.description ??= words.description;
    if (words.example !== undefined) parameter.example ??= words.example;
  }
}

/** Statuses that the routes do not name each: of what stands before every handler. */
function universalProblems(
  path: string,
  method: string,
  { security, requestBody, parameters = [] }: Operation,
): number[] {
  const isHealth = path === '/health' || path === '/ready';
  return [
    400,
    431,
    ...(security ? [401] : []),
    ...(method !== 'get' && security?.some((scheme) => 'bearer' in scheme) ? [403] : []),
    ...(parameters.some((parameter) => parameter.in === 'path') ? [404] : []),
    ...(requestBody ? [413, 415] : []),
    ...(isHealth || path.endsWith('/events') ? [] : [429]),
    ...(isHealth ? [] : [500, 503]),
  ];
}

function addProblems(path: string, method: string, operation: Operation): void {
  const named = Object.entries(operation.responses)
    .filter(([, { content }]) => Object.values(content ?? {}).some(({ schema }) => schema?.$ref === PROBLEM))
    .map(([status]) => Number(status));
  for (const status of new Set([...named, ...universalProblems(path, method, operation)]))
    operation.responses[status] = problemResponse(status);
}

function problemResponse(status: number): Response {
  const ofStatus = Object.entries(PROBLEMS).filter(([, problem]) => problem.status === status);
  const codes = ofStatus.map(([code]) => code);
  const [code = 'internal'] = codes;
  const title = PROBLEMS[code]?.title ?? '';
  return {
    description: `A problem (RFC 9457) with one of the codes ${codes.map((name) => `\`${name}\``).join(', ')}.`,
    headers: {
      ...(status === 401 ? { 'WWW-Authenticate': { schema: { type: 'string' } } } : {}),
      ...(status === 429 ? { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } } : {}),
    },
    content: {
      'application/problem+json': {
        schema: { $ref: PROBLEM },
        example: {
          type: `urn:coldpress:problem:${code}`,
          title,
          status,
          code,
          detail: 'what is wrong, where, and the way out',
        },
      },
    },
  };
}

function addExamples(path: string, { requestBody }: Operation): void {
  for (const [type, media] of Object.entries(requestBody?.content ?? {})) {
    const example = BODY_EXAMPLES[path]?.[type];
    if (example !== undefined) media.example ??= example;
  }
}

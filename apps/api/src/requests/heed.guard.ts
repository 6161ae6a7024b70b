import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { suggestion, told } from '#contracts';
import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';
import { heededBy, type Heeded } from './heeded.js';

/**
 * Headers that change what a request means: where a route does not heed them, doing as if they were not there would be
 * wrong.
 */
const WEIGHTY: Readonly<Record<string, string>> = {
  'idempotency-key': 'only POST /v1/jobs and POST /v1/sweeps heed it: leave it out',
  'content-range': 'a file is sent whole: leave it out',
  'content-digest': 'this route does not check it: leave it out',
  'repr-digest': 'this route does not check it: leave it out',
  'content-md5': 'MD5 is not checked: send Content-Digest with sha-256 (RFC 9530) to POST /v1/models, or leave it out',
  'if-match': 'this route knows no versions: leave it out',
  'if-unmodified-since': 'nothing here is ever changed: leave it out',
  'last-event-id': 'only the events of jobs and sweeps heed it: leave it out',
};

/**
 * Refuses every part of a request that its route would ignore: query parameters, bodies, encodings, headers with a
 * meaning.
 */
@Injectable()
export class HeedGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const heeded = heededBy(context.getClass(), context.getHandler() as (...args: never[]) => unknown);
    checkQuery(request, heeded);
    checkHeaders(request, heeded);
    checkBody(request, heeded);
    return true;
  }
}

function checkQuery(request: Request, { query: names }: Heeded): void {
  checkValues(request);
  if (names === null) return;
  const unknown = Object.keys(request.query).filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  const messageFor = (field: string) => `there is no query parameter ${told(field)} here: ${suggestion(field, names)}`;
  const listed = unknown.slice(0, 20);
  const problems = listed.map((field) => ({ field: field.slice(0, 60), message: messageFor(field) }));
  throw new ApiError('invalid_request', problems.map(({ message }) => message).join('; '), problems);
}

/** Each parameter once, and of bytes that are text. */
function checkValues({ query, originalUrl }: Request): void {
  if ((originalUrl.match(ENCODED) ?? []).some((codes) => !isText(codes)))
    throw new ApiError('invalid_request', 'the address holds %-codes that are no UTF-8: write an "é" as %C3%A9');
  const repeated = Object.entries(query).filter(([, value]) => typeof value !== 'string');
  const problems = repeated.map(([name]) => ({ field: name.slice(0, 60), message: 'given twice: give it once' }));
  if (problems.length > 0) {
    throw refusalOf(problems);
  }
}

function refusalOf(problems: readonly { field: string; message: string }[]): ApiError {
  const detail = problems.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new ApiError('invalid_request', detail, problems);
}

const ENCODED = /(?:%[0-9a-f]{2})+/gi;

function isText(codes: string): boolean {
  try {
    decodeURIComponent(codes);
    return true;
  } catch {
    return false;
  }
}

function checkHeaders({ headers }: Request, heeded: Heeded): void {
  const isIdle = (name: string) => headers[name] !== undefined && !heeded.headers.includes(name);
  const idle = Object.entries(WEIGHTY).filter(([name]) => isIdle(name));
  const problems = idle.map(([field, message]) => ({ field, message }));
  if (problems.length > 0) {
    throw refusalOf(problems);
  }
}

function checkBody(request: Request, { body }: Heeded): void {
  if (!hasBody(request)) return;
  const isJson = Boolean(request.is('application/json'));
  if (body === 'json' && !isJson) throw new ApiError('unsupported_media_type', 'send the body as application/json');
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (!isJson && coding.toLowerCase() !== 'identity')
    throw new ApiError(
      'unsupported_media_type',
      `the body comes in Content-Encoding ${told(coding)}: send its bytes as they are; only JSON may be packed`,
    );
  if (body === 'none' && !(isJson && isEmpty(request.body)))
    throw new ApiError('invalid_request', 'this route takes no body: leave it out');
}

/** As in RFC 9112, 6.3: the one or the other announces a body. */
function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isEmpty(body: unknown): boolean {
  if (body === undefined) return true;
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0;
}

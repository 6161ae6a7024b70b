import { ClientError } from './errors.js';
import type { Route } from './routes/route.js';

/** What a call needs to know of the server. */
export interface Connection {
  /** Its address without a path; empty on a page that it served itself. */
  url: string;
  /** The key, or where it is kept while the client lives. Without one only open routes answer. */
  apiKey: string | (() => string | null);
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Calls that make something once for each key; the client makes one up where none is given. */
  idempotencyKey?: string | undefined;
}

/** The parameters of a call by name, and its body, whatever the route. */
export type Input = Readonly<Record<string, unknown>>;

export interface Request {
  /** For messages: `GET http://127.0.0.1:8090/v1/jobs`. */
  title: string;
  address: string;
  init: { method: string; headers: Record<string, string>; body?: Blob | FormData | string };
}

/** Writes a call down as a request. Throws ClientError `no_api_key` for a key that no header can carry. */
export function requestOf(connection: Connection, route: Route, input: Input, headers: Headers = {}): Request {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(input[name])));
  const address = `${connection.url}${path}`;
  const body = bodyOf(route, input['body']);
  const own = { ...acceptOf(route), ...contentTypeOf(route), ...authorization(connection), ...headers };
  const sent = body === undefined ? {} : { body };
  return {
    title: `${route.method} ${address}`,
    address: `${address}${queryOf(route, input)}`,
    init: { method: route.method, headers: own, ...sent },
  };
}

type Headers = Record<string, string>;

/** What a key is made of; the API's own keys are. */
const KEY = /^[\x21-\x7e]+$/;

function authorization({ apiKey }: Connection): Headers {
  const key = typeof apiKey === 'string' ? apiKey : apiKey();
  if (!key) return {};
  if (!KEY.test(key))
    throw new ClientError(
      'no_api_key',
      'the API key holds characters that no key has: copy it as the server printed it',
    );
  return { authorization: `Bearer ${key}` };
}

/** Of what the API answers in several forms. */
function acceptOf({ answer }: Route): Headers {
  return answer.kind === 'text' ? { accept: answer.media } : {};
}

/** A form writes its own, with the boundary between its parts. */
function contentTypeOf({ body }: Route): Headers {
  if (body?.kind === 'json') return { 'content-type': 'application/json' };
  return body?.kind === 'bytes' ? { 'content-type': body.media } : {};
}

function bodyOf({ body }: Route, value: unknown): Blob | FormData | string | undefined {
  if (body === undefined) return undefined;
  return body.kind === 'json' ? JSON.stringify(value) : (value as Blob | FormData);
}

/** Only what the route takes: an input may be a whole record that has more. */
function queryOf({ query }: Route, input: Input): string {
  const entries = Object.keys(query?.shape ?? {}).flatMap((name): [string, string][] => {
    const value = input[name];
    return value === undefined || value === '' ? [] : [[name, String(value)]];
  });
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`;
}

import { readAnswer } from './answer.js';
import { exchange } from './exchange.js';
import { newId } from './new-id.js';
import { requestOf, type CallOptions, type Connection, type Input } from './request.js';
import { withRetries } from './retry.js';
import { ROUTES, type RouteName } from './routes/index.js';
import type { AnswerOf, EventFormat, InputOf, Route } from './routes/route.js';
import { watch, type Watched, type WatchOptions } from './watch.js';

type Table = typeof ROUTES;
type Arguments<R extends Route, O> =
  Partial<InputOf<R>> extends InputOf<R> ? [input?: InputOf<R>, options?: O] : [input: InputOf<R>, options?: O];
type Call<R extends Route> = R['answer'] extends { kind: 'events' }
  ? (...args: Arguments<R, WatchOptions>) => AsyncGenerator<Watched<AnswerOf<R>>>
  : (...args: Arguments<R, CallOptions>) => Promise<AnswerOf<R>>;

/**
 * A call for each route: `client.getJob({ id })`, `client.listJobs({ state: 'running' })`,
 * `client.submitJob({ body })`.
 */
export type Client = Readonly<Connection> & { readonly [N in RouteName]: Call<Table[N]> };

/**
 * The REST API as typed calls, in Node and in browsers. Answers are parsed; what may be repeated is tried again where
 * that may help. Calls throw ProblemError, UnreachableError and UnexpectedAnswerError, those of streams
 * StreamBrokenError as well, and the reason of a signal that aborts.
 */
export function createClient(connection: Connection): Client {
  const calls = Object.entries(ROUTES).map(([name, route]) => [name, callOf(connection, route)]);
  return { ...connection, ...Object.fromEntries(calls) } as Client;
}

function callOf(connection: Connection, route: Route) {
  return route.answer.kind === 'events'
    ? (input: Input = {}, options?: WatchOptions) =>
        watch(connection, route as Route & { answer: EventFormat }, input, options)
    : (input: Input = {}, options?: CallOptions) => call(connection, route, input, options);
}

async function call(connection: Connection, route: Route, input: Input, options: CallOptions = {}): Promise<unknown> {
  const { signal, idempotencyKey = newId() } = options;
  // All attempts have one key, and the server knows them by it.
  const request = requestOf(
    connection,
    route,
    input,
    route.repeat === 'keyed' ? { 'idempotency-key': idempotencyKey } : {},
  );
  return withRetries(route, signal, async () => readAnswer(request, route, await exchange(request, signal), signal));
}

import { parseEventStream } from '#contracts';
import { bodyOf, parseAnswer } from './answer.js';
import { Countdown } from './countdown.js';
import { ClientError, StreamBrokenError } from './errors.js';
import { exchange } from './exchange.js';
import { isPassing, pauseBefore, type Patience } from './patience.js';
import { pause } from './pause.js';
import { requestOf, type Connection, type Input, type Request } from './request.js';
import type { EventFormat, Route } from './routes/route.js';

/** The API says that it is still there every 15 s. */
const SILENCE_MS = 50_000;

export interface WatchOptions extends Patience {
  /** The id of the last event that is known already; only what follows is told. */
  after?: string | undefined;
  /** After so many attempts in a row without an event the last error is thrown; without end by default. */
  attempts?: number | undefined;
}

/** An event with its id, which is empty of those that every connection begins and ends with. */
export interface Watched<T> {
  id: string;
  event: T;
}

/**
 * The events of a stream until its end. A broken or silent connection is taken up again after the last event seen, so
 * that each event with an id comes once. Throws ProblemError when the server refuses it for good, UnexpectedAnswerError
 * for an event that does not parse.
 */
export async function* watch(
  connection: Connection,
  route: Route & { answer: EventFormat },
  input: Input,
  options: WatchOptions = {},
): AsyncGenerator<Watched<unknown>> {
  let after = options.after ?? '';
  for (let failures = 0; ;) {
    try {
      const request = requestOf(connection, route, input, after === '' ? {} : { 'last-event-id': after });
      for await (const watched of oneConnection(request, route.answer, options.signal)) {
        failures = 0;
        if (watched.id !== '') after = watched.id;
        yield watched;
      }
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      failures += 1;
      if (!isPassing(error) || failures >= (options.attempts ?? Infinity)) throw error;
      const wait = pauseBefore(failures);
      options.onBreak?.(error, wait);
      await pause(wait, options.signal);
    }
  }
}

/**
 * The events of one connection. Throws StreamBrokenError when it closes, breaks or falls silent before its last event.
 */
async function* oneConnection(
  request: Request,
  { schema, isEnd }: EventFormat,
  signal: AbortSignal | undefined,
): AsyncGenerator<Watched<unknown>> {
  // Its own, so that whoever stops reading closes the connection.
  const connection = new AbortController();
  let isFirst = true;
  let isOver = false;
  const silence = new Countdown(SILENCE_MS, () => connection.abort());
  try {
    const response = await exchange(request, signal ? AbortSignal.any([signal, connection.signal]) : connection.signal);
    for await (const { id, data } of parseEventStream(bodyOf(response), () => silence.restart())) {
      const event: unknown = parseAnswer(request, schema, data, id === '' ? 'event' : `event ${id}`);
      yield { id, event };
      // The server closes the connection behind it.
      isOver = isEnd(event, isFirst);
      isFirst = false;
    }
  } catch (cause) {
    if (isOver) return;
    if (cause instanceof ClientError) throw cause;
    const what = connection.signal.aborted ? `fell silent for ${SILENCE_MS / 1000} s` : 'broke off';
    throw new StreamBrokenError(request.title, what, { cause });
  } finally {
    silence.stop();
    connection.abort();
  }
  if (!isOver) throw new StreamBrokenError(request.title, 'closed before its end');
}

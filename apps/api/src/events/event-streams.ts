import type { Request, Response } from 'express';
import { ApiError } from '../problems/api-error.js';
import { SseWriter } from './sse-writer.js';

/** The recorded events of one thing, as a client follows them. */
export interface FollowedLog<E> {
  /** What has the events, as in "job 1b4e…". */
  subject: string;
  /** The thing as it is now; null when it is gone. */
  snapshot(): Promise<E | null>;
  newestId(): Promise<number>;
  listAfter(lastId: number, limit: number): Promise<readonly unknown[]>;
  follow(lastId: number, signal: AbortSignal): AsyncGenerator<{ id: number; event: E }>;
  /** Whether the thing has ended, or is gone. */
  hasEnded(): Promise<boolean>;
  /** Whether an event is one by which it ends. */
  isEnd(event: E): boolean;
}

/**
 * Events as they are recorded: a snapshot, every event after Last-Event-ID in its order, each once, and a last snapshot
 * at the end. Snapshots have no id, so that a client that breaks off at one resumes where it was. Throws ApiError for a
 * Last-Event-ID that is none.
 */
export async function sendEvents<E>(
  log: FollowedLog<E>,
  first: E,
  request: Request,
  response: Response,
): Promise<void> {
  const lastId = lastEventId(request, log.subject);
  await assertKnown(log, lastId);
  const writer = new SseWriter(response);
  try {
    await writer.send(first);
    for await (const { id, event } of upToTheEnd(log, lastId, writer.signal)) await writer.send(event, id);
    const last = writer.signal.aborted ? null : await log.snapshot();
    if (last) await writer.send(last);
  } finally {
    writer.end();
  }
}

/** An event that was never written would be waited for beyond the end. */
async function assertKnown<E>(log: FollowedLog<E>, lastId: number): Promise<void> {
  if (lastId === 0) return;
  const newest = await log.newestId();
  if (lastId > newest)
    throw wrongEventId(
      `the newest event of ${log.subject} is ${newest}, and Last-Event-ID says ${lastId}: leave the header out to get all events`,
      `at most ${newest}`,
    );
}

async function* upToTheEnd<E>(
  log: FollowedLog<E>,
  lastId: number,
  signal: AbortSignal,
): AsyncGenerator<{ id: number; event: E }> {
  if (await isOver(log, lastId)) return;
  for await (const stored of log.follow(lastId, signal)) {
    yield stored;
    if (log.isEnd(stored.event) && (await isOver(log, stored.id))) return;
  }
}

/** What has ended may have been taken up again since: only when nothing follows is it over. */
async function isOver<E>(log: FollowedLog<E>, lastId: number): Promise<boolean> {
  if (!(await log.hasEnded())) return false;
  return (await log.listAfter(lastId, 1)).length === 0;
}

/** Ids are whole numbers from 1; 0 and an empty header are before the first event. */
function lastEventId(request: Request, subject: string): number {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return 0;
  if (typeof header === 'string' && /^\d{1,10}$/.test(header)) return Number(header);
  throw wrongEventId(
    `Last-Event-ID is the id of an event of ${subject}, a whole number: leave the header out to get all events`,
    'not the id of an event',
  );
}

function wrongEventId(detail: string, message: string): ApiError {
  return new ApiError('invalid_request', detail, [{ field: 'Last-Event-ID', message }]);
}

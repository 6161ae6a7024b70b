import type { Client } from '#client';
import type { JobEvent } from '#contracts';

/** After so many attempts in a row without an event the server counts as gone: about a minute and a half. */
const ATTEMPTS = 20;

/** A job's events until it has ended. A server that stays away ends the watch with UnreachableError. */
export async function* watchJob(client: Client, id: string): AsyncGenerator<JobEvent> {
  for await (const { event } of client.watchJob({ id }, { attempts: ATTEMPTS })) yield event;
}

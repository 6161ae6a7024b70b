import type { Client } from '#client';
import type { JobItem } from '#contracts';

/** More are not counted: the note then says that there are at least so many. */
const COUNTED = 200;

/** How many jobs came before one that waits; undefined where none did. */
export async function queueNote(client: Client, id: string): Promise<string | undefined> {
  return noteOn(id, { queued: await jobsIn(client, 'queued'), running: await jobsIn(client, 'running') });
}

/**
 * The same, of lists that were read one after the other, newest first: what follows a job among those that wait came
 * before it. One that is not there, or has begun between the two, waits no longer.
 */
export function noteOn(
  id: string,
  { queued, running }: Record<'queued' | 'running', readonly Pick<JobItem, 'id'>[]>,
): string | undefined {
  const at = queued.findIndex((job) => job.id === id);
  const waits = at >= 0 && running.every((job) => job.id !== id);
  const ahead = waits ? queued.length - at - 1 + running.length : 0;
  if (ahead === 0) return undefined;
  const least = queued.length + running.length >= COUNTED ? 'at least ' : '';
  return `queued: ${least}${ahead} job${ahead === 1 ? '' : 's'} ahead, ${running.length} of them begun`;
}

async function jobsIn(client: Client, state: 'queued' | 'running'): Promise<JobItem[]> {
  return (await client.listJobs({ state, limit: COUNTED })).items;
}

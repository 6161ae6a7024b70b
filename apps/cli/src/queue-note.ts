import type { Client } from '#client';
import type { JobItem } from '#contracts';

/** More are not counted: the note then says that there are at least so many. */
const COUNTED = 200;

/** How many jobs came before one that waits; undefined where none did. */
export async function queueNote(client: Client, id: string): Promise<string | undefined> {
  const [queued, running] = [await jobsIn(client, 'queued'), await jobsIn(client, 'running')];
  const at = queued.findIndex((job) => job.id === id);
  // Newest first: what follows a job in the list came before it. One that is not in it waits no longer.
  const ahead = at < 0 ? 0 : queued.length - at - 1 + running.length;
  if (ahead === 0) return undefined;
  const least = queued.length + running.length >= COUNTED ? 'at least ' : '';
  return `queued: ${least}${ahead} job${ahead === 1 ? '' : 's'} ahead, ${running.length} of them begun`;
}

async function jobsIn(client: Client, state: 'queued' | 'running'): Promise<JobItem[]> {
  return (await client.listJobs({ state, limit: COUNTED })).items;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, createClient, type Client } from '#client';
import type { Keeping } from './keep-running.js';

/** Name and tag of the machine that runs the server. */
const LOCAL = 'local';

export interface LocalDevice {
  url: string;
  apiKey: string;
  /** Where its agent keeps its key. */
  home: string;
}

/**
 * What the agent of this machine is to be started with: as the device that it is, or to enrol where the server does not
 * know it (a new or restored database, or a folder without its key). Throws what the client throws.
 */
export async function localAgentArguments({ url, apiKey, home }: LocalDevice): Promise<string[]> {
  const client = createClient({ url, apiKey });
  const own = await ownId(home);
  const devices = await known(client);
  const common = ['--server', url, '--home', home];
  if (devices.some(({ id }) => id === own)) return ['run', ...common];
  const stale = devices.find(({ name }) => name === LOCAL);
  if (stale) await client.deleteDevice({ id: stale.id });
  const { code } = await client.createDeviceCode({ body: { name: LOCAL, tags: [LOCAL] } });
  return ['enrol', code, '--name', LOCAL, ...common];
}

async function known(client: Client): Promise<{ id: string; name: string }[]> {
  const found: { id: string; name: string }[] = [];
  for await (const { id, name } of all(client.listDevices, {})) found.push({ id, name });
  return found;
}

async function ownId(home: string): Promise<string | null> {
  const text = await readFile(join(home, 'device.json'), 'utf8').catch(() => '{}');
  try {
    return String((JSON.parse(text) as { id?: unknown }).id);
  } catch {
    return null;
  }
}

/** Nothing of a server depends on its own machine measuring: what keeps that from it is told in the log. */
export function keepingLocal({ log, signal }: Pick<Keeping, 'log' | 'signal'>): Keeping {
  return { name: 'agent', log, signal, isPermanent: () => false };
}

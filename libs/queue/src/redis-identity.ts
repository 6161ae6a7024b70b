import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

/** Gone with everything else when somebody empties the database. */
const MARK = 'coldpress:queue';
const TIMEOUT_MS = 5000;

/**
 * A mark in the database and the run of the server: another one after the database was emptied or replaced, and after a
 * restart, which may have lost the newest writes. Asked over a connection of its own, which fails where BullMQ's would
 * wait.
 */
export async function redisIdentity(url: string): Promise<string> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.set(MARK, randomUUID(), 'NX');
    const [mark, info] = [await client.get(MARK), await client.info('server')];
    return `redis ${mark} ${/^run_id:(\S+)/m.exec(info)?.[1] ?? ''}`;
  } finally {
    client.disconnect();
  }
}

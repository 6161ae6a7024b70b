import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '#database';
import { startCeph } from './ceph.js';
import { startAgain } from './daemon.js';
import { startRedis } from './redis.js';

/** Settings that make sense only for data that is thrown away. */
const THROWAWAY = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '64MB',
};

export interface ServerHost {
  /** Socket on which test processes ask for servers. */
  readonly socketPath: string;
  stop(): Promise<void>;
}

/**
 * Starts each server when the first test asks for it and stops them all at the end. It lives in Jest's own process, so
 * that servers outlive the test processes, and are started once however many of these ask.
 */
export async function startServerHost(path: string): Promise<ServerHost> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-test-'));
  await chmod(folder, 0o755);
  const running: { stop(): Promise<void> }[] = [];
  const onFirstUse = <T extends { stop(): Promise<void> }>(start: () => Promise<T>): (() => Promise<T>) => {
    let started: Promise<T> | undefined;
    return () =>
      (started ??= start().then(
        (server) => (running.push(server), server),
        (error: unknown) => {
          started = undefined;
          throw error;
        },
      ));
  };
  const postgres = onFirstUse(() => startEmbeddedPostgres({ dataPath: join(folder, 'postgres'), settings: THROWAWAY }));
  const redis = onFirstUse(() => startAgain((attempt) => startRedis(join(folder, `redis-${attempt}`), path)));
  const s3 = onFirstUse(() => startAgain((attempt) => startCeph(join(folder, `ceph-${attempt}`), path)));
  let count = 0;
  const ANSWERS: Record<string, () => Promise<unknown>> = {
    '/postgres': async () => newDatabase((await postgres()).url, `test_${(count += 1)}`),
    '/redis': async () => (await redis()).nextUrl(),
    '/s3': async () => ({ ...(await s3()), bucket: `test-${(count += 1)}` }),
  };
  const server = createServer((request, response) => {
    const answer = ANSWERS[request.url ?? ''] ?? (() => Promise.resolve(null));
    answer().then(
      (value) => response.end(JSON.stringify({ value })),
      (error: unknown) =>
        response.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) })),
    );
  });
  const socketPath = join(folder, 'servers.sock');
  await once(server.listen(socketPath), 'listening');
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await Promise.all(running.map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  return { socketPath, stop };
}

async function newDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

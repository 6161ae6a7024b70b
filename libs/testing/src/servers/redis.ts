import { mkdir } from 'node:fs/promises';
import { freePort, isListening, startDaemon, until } from './daemon.js';
import { ensurePrograms } from './programs.js';

const DATABASES = 1024;

export interface TestRedis {
  /** URL of a database that nobody else was given. */
  nextUrl(): string;
  stop(): Promise<void>;
}

/** redis-server without persistence, on a free port. */
export async function startRedis(folder: string, path: string): Promise<TestRedis> {
  await ensurePrograms(['redis-server'], ['redis-server'], path);
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    databases: DATABASES,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  };
  const daemon = startDaemon(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    folder,
    path,
  );
  await until('redis-server', () => isListening(port), daemon, 30_000);
  let next = 0;
  return { nextUrl: () => `redis://127.0.0.1:${port}/${(next += 1) % DATABASES}`, stop: daemon.stop };
}

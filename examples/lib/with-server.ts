import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '#client';
import { DataFolder } from '../../apps/cli/src/up/data-folder.js';
import { startServer } from '../../apps/cli/src/up/server.js';

export interface ExampleServer {
  client: Client;
  url: string;
  /** What the server has written so far. */
  log: readonly string[];
}

/**
 * Starts PostgreSQL, API and worker in a folder of their own, lets `work` talk to them, and takes all away again.
 * Ctrl-C ends it early.
 */
export async function withServer<T>(work: (server: ExampleServer) => Promise<T>): Promise<T> {
  const data = await mkdtemp(join(tmpdir(), 'coldpress-example-'));
  const folder = await DataFolder.take(data);
  const log: string[] = [];
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  interrupted.catch(() => undefined);
  const server = await startServer({ folder, config: { port: 0 }, log: (line) => log.push(line) });
  try {
    return await Promise.race([work({ client: createClient(server), url: server.url, log }), interrupted]);
  } finally {
    await server.stop();
    await folder.release();
    await rm(data, { recursive: true, force: true });
  }
}

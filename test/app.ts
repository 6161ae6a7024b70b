import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, type Client } from '#client';
import type { Job } from '#contracts';

/** The command as a user runs it; `npm test` builds it first. */
export const COMMAND = resolve(__dirname, '../dist/apps/cli/src/main.js');
export const EXAMPLE = resolve(__dirname, '../examples/seed-net');

/** A whole server started by `coldpress up` on a free port, in a data folder of its own. */
export interface TestApp {
  url: string;
  apiKey: string;
  client: Client;
  data: string;
  process: ChildProcess;
  /** SIGTERM, and the exit awaited; the data folder goes. */
  stop(): Promise<void>;
}

export async function startApp(
  options: { data?: string; environment?: Record<string, string> } = {},
): Promise<TestApp> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'coldpress-test-')));
  const child = spawn(process.execPath, [COMMAND, 'up', '--port', '0', '--data', data, '--json'], {
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { url, apiKey } = await readyLine(child);
  return {
    url,
    apiKey,
    client: createClient({ url, apiKey }),
    data,
    process: child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** The job once it has ended. */
export async function ended(client: Client, { id }: Pick<Job, 'id'>): Promise<Job> {
  for await (const _ of client.watchJob({ id }));
  return client.getJob({ id });
}

async function readyLine(child: ChildProcess): Promise<{ url: string; apiKey: string }> {
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (errors += text));
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line.startsWith('{')) return JSON.parse(line) as { url: string; apiKey: string };
  }
  throw new Error(`coldpress up ended before it was ready:\n${errors}`);
}

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { spawnGuarded } from '#database';
import { TestServerError } from './errors.js';

/** What servers and their tools see of our environment: nothing but where programs are. */
export const environment = (path: string): Record<string, string> => ({
  PATH: `${path}:/usr/local/sbin:/usr/sbin:/sbin`,
  LC_ALL: 'C',
});

export interface Daemon {
  /** The last of what it said, once it has ended on its own. */
  failure(): string | null;
  /** Kills it at once: its data is thrown away. */
  stop(): Promise<void>;
}

/** Runs a server in the foreground of a guard, so that it ends with us; it keeps the last of what the server says. */
export function startDaemon(program: string, args: readonly string[], cwd: string, path: string): Daemon {
  const child = spawnGuarded(program, args, { cwd, env: environment(path), stop: 'KILL' });
  let said = '';
  let hasEnded = false;
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-4000)));
  const ended = once(child, 'exit').then(() => {
    hasEnded = true;
  });
  const stop = async (): Promise<void> => {
    if (!hasEnded && child.pid) process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  return { stop, failure: () => (hasEnded ? said : null) };
}

/** Asks again until the answer is yes; gives up when the server has ended or the time is over. */
export async function until(
  what: string,
  isReady: () => Promise<boolean>,
  daemon: Daemon,
  withinMs: number,
): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await isReady()); await sleep(50)) {
    const failure = daemon.failure();
    if (failure !== null) throw new TestServerError('start_failed', `${what} ended: ${failure}`);
    if (Date.now() > deadline)
      throw new TestServerError('start_failed', `${what} was not ready within ${withinMs / 1000} s`);
  }
}

export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isOpen;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a server again where it does not come up: somebody else may have got the port that was free. Throws what the
 * last start throws.
 */
export async function startAgain<T>(start: (attempt: number) => Promise<T>, attempts = 3): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(attempt);
    } catch (error) {
      if (!(error instanceof TestServerError && error.code === 'start_failed') || attempt === attempts) throw error;
    }
  }
}

/** Runs a tool to its end; its failure carries its output. */
export async function runTool(
  program: string,
  args: readonly string[],
  path: string,
  env: Record<string, string> = {},
): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { env: { ...environment(path), ...env }, timeout: 120_000 }))
      .stdout;
  } catch (cause) {
    throw new TestServerError(
      'start_failed',
      `${program} ${args.join(' ')} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

import { once } from 'node:events';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { dedicatedClient } from '../database.js';
import { type Binaries, findBinaries } from './binaries.js';
import { type DatabaseFolder, openDataFolder, serverEnvironment } from './database-folder.js';
import { DataFolderInUseError, PostgresStartError } from './errors.js';
import { ClaimFile } from './claim-file.js';
import { spawnGuarded } from './guard.js';
import { Handover } from './handover.js';
import { stopLeftover } from './leftover.js';
import { serverUser, type ServerUser } from './server-user.js';

const START_DEADLINE_MS = 60_000;
/** For a fast shutdown; a server that takes longer is stopped harder. */
const STOP_PATIENCE_MS = 20_000;
const NEVER = new AbortController().signal;
/** Refusals that pass: someone took the port, or a killed server's memory is not yet released. */
const PASSING =
  /Address already in use|pre-existing shared memory|lock file "postmaster.pid" already exists|starting up|shutting down/;

export interface EmbeddedPostgresOptions {
  /** Folder of the database; made when missing. */
  readonly dataPath: string;
  readonly log?: (line: string) => void;
  /** Port to listen on, as one that others know from an earlier start; a free one by default. */
  readonly port?: number;
  /** Server settings, such as `{ fsync: 'off' }` in tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedPostgres {
  /** Superuser's URL of the database `coldpress`. */
  readonly url: string;
  /** Settles when the server has ended, asked to or not. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL from the npm package's binaries on a free port of 127.0.0.1. The server lives no longer than this
 * process, even when that is killed; one that was left behind all the same is stopped first. Throws
 * EmbeddedPostgresError.
 */
export async function startEmbeddedPostgres({
  dataPath,
  log = () => {},
  port,
  settings = {},
  signal = NEVER,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = await serverUser();
  const binaries = await findBinaries(user);
  await mkdir(dataPath, { recursive: true });
  const root = await realpath(dataPath);
  const claim = await ClaimFile.take(join(root, 'owner.json'));
  if (!(claim instanceof ClaimFile)) throw new DataFolderInUseError(root, claim.pid);
  try {
    const folder = await openDataFolder(root, user, binaries, signal);
    const starting = startPatiently(folder, user, binaries, { port, settings, log, signal });
    const server = await starting.catch(async (error: unknown) => {
      await stopLeftover(folder.data);
      throw error;
    });
    const address = (database: string): string =>
      `postgres://postgres:${encodeURIComponent(folder.password)}@127.0.0.1:${server.port}/${database}`;
    const stop = async (): Promise<void> => {
      await server.stop();
      await stopLeftover(folder.data);
      await claim.release();
    };
    await ensureDatabase(address('postgres')).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    return { url: address('coldpress'), ended: server.ended, stop };
  } catch (error) {
    await claim.release();
    throw error;
  }
}

interface StartOptions {
  port: number | undefined;
  settings: Readonly<Record<string, string>>;
  log: (line: string) => void;
  signal: AbortSignal;
}

interface Running {
  readonly port: number;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

async function startPatiently(
  folder: DatabaseFolder,
  user: ServerUser | null,
  binaries: Binaries,
  how: StartOptions,
): Promise<Running> {
  const { signal } = how;
  for (const deadline = Date.now() + START_DEADLINE_MS; ; await sleep(250)) {
    try {
      return await start(folder, user, binaries, how);
    } catch (error) {
      if (
        !(error instanceof PostgresStartError && PASSING.test(error.output)) ||
        signal.aborted ||
        Date.now() > deadline
      )
        throw error;
    }
  }
}

async function start(
  { data }: DatabaseFolder,
  user: ServerUser | null,
  { postgres }: Binaries,
  { port: wanted, settings, log, signal }: StartOptions,
): Promise<Running> {
  const port = wanted ?? (await freePort());
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    lc_messages: 'C',
    ...settings,
  };
  const handover = new Handover(user);
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', await handover.pathOf(data), ...options];
  const child = spawnGuarded(postgres, args, {
    ...user,
    cwd: data,
    env: serverEnvironment(),
    descriptors: handover.descriptors,
  });
  await handover.close();
  const ended = once(child, 'exit').then(() => {});
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await Promise.race([ended, sleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
  };
  const output: string[] = [];
  const ready = new Promise<boolean>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log(line);
      if (output.length < 50) output.push(line);
      if (line.includes('database system is ready to accept connections')) resolve(true);
    });
    child.stderr.once('close', () => resolve(false));
    setTimeout(resolve, START_DEADLINE_MS, false).unref();
    signal.addEventListener('abort', () => resolve(false), { once: true });
    if (signal.aborted) resolve(false);
  });
  if (await ready) return { port, ended, stop };
  await stop();
  throw new PostgresStartError('postgres', output.join('\n'));
}

async function ensureDatabase(url: string): Promise<void> {
  const client = await dedicatedClient(url);
  try {
    const { rowCount } = await client.query(`SELECT 1 FROM pg_database WHERE datname = 'coldpress'`);
    if (rowCount === 0) await client.query('CREATE DATABASE coldpress');
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

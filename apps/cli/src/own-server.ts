import { resolve } from 'node:path';
import { createClient, UnreachableError, type Client } from '#client';
import type { Command } from 'commander';
import { connectToServer } from './connection.js';
import { CliError } from './errors.js';
import { INTERRUPTED } from './exit-codes.js';
import { globalOptionsOf } from './global-options.js';
import { patient } from './patience.js';
import { configOf } from './up/config.js';
import { DataFolder } from './up/data-folder.js';
import { LogFile } from './up/log-file.js';
import { startServer } from './up/server.js';

/** The server that a command's work runs on. */
export interface CommandServer {
  client: Client;
  /**
   * Where the server that was started for this command alone keeps everything; null where it is a server that was there.
   */
  ownFolder: string | null;
  /** From now on Ctrl-C is for whoever follows the work; until then it stops the own server. */
  handOverInterrupts(): void;
  /** Stops the own server. */
  close(): Promise<void>;
}

/** What a server is wanted for. */
export interface ServerWish {
  /** As in "starting one for this sweep". */
  work: 'job' | 'sweep' | 'door';
  /** Whether one may be started where none runs: not for work that nobody waits for. */
  mayStart?: boolean;
}

/**
 * Uses the server that the flags name, or that of the data folder; where none runs one is started in that folder for
 * the time of `use`. Throws what connectToServer, startServer and `use` throw.
 */
export async function onServer<T>(
  command: Command,
  wish: ServerWish,
  use: (server: CommandServer) => Promise<T>,
): Promise<T> {
  const server = await serverFor(command, wish);
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

/** The server that {@link onServer} uses; whoever asks for it closes it. */
export async function serverFor(command: Command, { work, mayStart = true }: ServerWish): Promise<CommandServer> {
  const options = globalOptionsOf(command);
  try {
    const client = await connectToServer(options);
    if (mayStart && options.url === undefined) await client.listPasses();
    return { client, ownFolder: null, handOverInterrupts: () => undefined, close: async () => undefined };
  } catch (error) {
    if (options.url !== undefined || !mayStart || !isAbsent(error)) throw error;
    return startOwn(resolve(options.data), work);
  }
}

/** No server has written to the folder, or the one that has was killed. */
const isAbsent = (error: unknown): boolean =>
  (error instanceof CliError && error.code === 'no_server') || error instanceof UnreachableError;

async function startOwn(path: string, work: ServerWish['work']): Promise<CommandServer> {
  process.stderr.write(`no server runs: starting one for this ${work}, which keeps everything in ${path}\n`);
  const folder = await DataFolder.take(path);
  const stopping = new AbortController();
  let close: () => Promise<void> = async () => undefined;
  const leave = () => {
    process.stderr.write(work === 'door' ? '' : `\nstopped; no ${work} was submitted\n`);
    stopping.abort();
    void close().finally(() => process.exit(INTERRUPTED));
  };
  process.once('SIGINT', leave);
  const handOverInterrupts = () => void process.off('SIGINT', leave);
  try {
    const file = new LogFile(folder.file('server.log'));
    const log = (line: string) => file.write(line);
    const config = configOf({ port: '0' });
    const server = await startServer({ folder, config, log, signal: stopping.signal });
    close = async () => {
      handOverInterrupts();
      await server.stop();
      await folder.release();
    };
    return { client: patient(createClient(server)), ownFolder: path, handOverInterrupts, close };
  } catch (error) {
    handOverInterrupts();
    await folder.release();
    throw error;
  }
}

import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { globalOptionsOf } from '../global-options.js';
import { print } from '../output.js';
import { configOf } from '../up/config.js';
import { DataFolder } from '../up/data-folder.js';
import { LogFile } from '../up/log-file.js';
import { startServer } from '../up/server.js';

interface UpOptions {
  port?: string;
  host?: string;
  verbose?: boolean;
  device: boolean;
}

/** `coldpress up` */
export function addUpCommand(program: Command): void {
  program
    .command('up')
    .option('--port <port>', 'port of API and dashboard; 0 takes a free one')
    .option('--host <address>', 'address to listen on')
    .option('--verbose', "show the servers' log here; it is kept in the data folder in any case")
    .option('--no-device', 'this machine measures nothing for devices: [local]')
    .description('start PostgreSQL, API, worker and dashboard; Ctrl-C stops them')
    .action(async (options: UpOptions, command: Command) => {
      const { data, json } = globalOptionsOf(command);
      const folder = await DataFolder.take(resolve(data));
      try {
        await serve(folder, options, json);
      } finally {
        await folder.release();
      }
    });
}

async function serve(folder: DataFolder, options: UpOptions, json: boolean | undefined): Promise<void> {
  const stopping = stopSignal();
  const file = new LogFile(folder.file('server.log'));
  const log = (line: string) => {
    file.write(line);
    if (options.verbose) process.stderr.write(`${line}\n`);
  };
  const config = configOf(options);
  const starting = startServer({ folder, config, log, device: options.device, signal: stopping });
  const server = await starting.catch((error: unknown) => {
    if (stopping.aborted) return null;
    throw error;
  });
  if (server === null) return;
  try {
    print(
      json,
      { ready: true, url: server.url, apiKey: server.apiKey },
      () =>
        `Coldpress is running\n  dashboard  ${server.url}\n  API        ${server.url}/docs\n  API key    ${server.apiKey}\n  log        ${file.path}\nCtrl-C stops it.`,
    );
    if (!stopping.aborted) await once(stopping, 'abort');
  } finally {
    await server.stop();
  }
}

/** Aborts at the first SIGINT, SIGTERM or SIGHUP, or when the parent that forked this process is gone. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  process.on('disconnect', () => stopping.abort());
  return stopping.signal;
}

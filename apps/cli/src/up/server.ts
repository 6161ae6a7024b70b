import { pathToFileURL, fileURLToPath } from 'node:url';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { toEnvironment, type Config } from '#contracts';
import { startEmbeddedPostgres } from '#database';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { Child } from './child.js';
import type { DataFolder } from './data-folder.js';

/** Pauses before a server that died is started again; the last one repeats. */
const RESTART_AFTER_MS = [200, 1000, 5000, 15_000];

export interface ServerOptions {
  folder: DataFolder;
  /** What the user chose; the rest is embedded. */
  config: Partial<Config>;
  log: (line: string) => void;
}

export interface Server {
  url: string;
  apiKey: string;
  /** Rejects when the database ends unasked: nothing can go on then, and a new start mends it. */
  failure: Promise<never>;
  stop(): Promise<void>;
}

interface Embedded {
  url: string;
  failure: Promise<never>;
}

/** Starts PostgreSQL, the API and a worker as child processes and keeps them running until stopped. */
export async function startServer({ folder, config, log }: ServerOptions): Promise<Server> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const database = config.databaseUrl === undefined ? await startDatabase(folder, log, stops) : external(config.databaseUrl);
    await mkdir(folder.file('store'), { recursive: true });
    const environment = toEnvironment({
      storeUrl: pathToFileURL(folder.file('store')).href,
      workPath: folder.file('work'),
      apiKeyFile: folder.keyFile,
      dashboardPath: fileURLToPath(new URL('../../../../dashboard', import.meta.url)),
      stageThreads: availableParallelism(),
      ...config,
      databaseUrl: database.url,
    });
    const api = await keepRunning('api', environment, log, stops);
    const url = String(api['url']);
    // A restarted API keeps the port that the first one got.
    environment['COLDPRESS_PORT'] = new URL(url).port;
    await keepRunning('worker', environment, log, stops);
    await folder.publish(url);
    return { url, apiKey: await folder.apiKey(), failure: database.failure, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDatabase(folder: DataFolder, log: (line: string) => void, stops: (() => Promise<void>)[]): Promise<Embedded> {
  const postgres = await startEmbeddedPostgres({ dataPath: folder.file('postgres'), log: (line) => log(`postgres: ${line}`) });
  let stopping = false;
  stops.push(() => {
    stopping = true;
    return postgres.stop();
  });
  const failure = new Promise<never>((_, reject) => {
    void postgres.ended.then(() => stopping || reject(new CliError('PostgreSQL stopped unexpectedly; its last words are in the log. Start again: nothing accepted is lost', EXIT.failed, 'database_ended')));
  });
  failure.catch(() => undefined);
  return { url: postgres.url, failure };
}

const external = (url: string): Embedded => ({ url, failure: new Promise<never>(() => {}) });

async function keepRunning(app: 'api' | 'worker', environment: Record<string, string>, log: (line: string) => void, stops: (() => Promise<void>)[]): Promise<Record<string, unknown>> {
  const module = fileURLToPath(new URL(`../../../${app}/src/main.js`, import.meta.url));
  const start = () => Child.start({ name: app, module, environment, log: (line) => log(`${app}: ${line}`) });
  let stopping = false;
  let { child, ready } = await start();
  const watch = async () => {
    for (let failures = 0; !stopping; ) {
      const { code, signal } = await child.exited;
      if (stopping) return;
      log(`${app}: stopped unexpectedly (${signal ?? `exit code ${code}`}); starting it again`);
      await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER_MS[Math.min(failures, RESTART_AFTER_MS.length - 1)]));
      if (stopping) return;
      const restarted = await start().catch((error: Error) => log(`${app}: ${error.message}`));
      failures = restarted ? 0 : failures + 1;
      if (restarted) child = restarted.child;
      if (stopping) await child.stop();
    }
  };
  const watching = watch();
  stops.push(async () => {
    stopping = true;
    await child.stop();
    await watching;
  });
  return ready;
}

import { pathToFileURL, fileURLToPath } from 'node:url';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { toEnvironment, type Config } from '#contracts';
import { startEmbeddedPostgres } from '#database';
import { Child } from './child.js';
import type { DataFolder } from './data-folder.js';
import { keepRunning } from './keep-running.js';

export interface ServerOptions {
  folder: DataFolder;
  /** What the user chose; the rest is embedded. */
  config: Partial<Config>;
  log: (line: string) => void;
}

export interface Server {
  url: string;
  apiKey: string;
  stop(): Promise<void>;
}

/** Starts PostgreSQL, the API and a worker as child processes and keeps them running until stopped. */
export async function startServer({ folder, config, log }: ServerOptions): Promise<Server> {
  const stops: Stops = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const databaseUrl = config.databaseUrl ?? (await startDatabase(folder, log, stops));
    await mkdir(folder.file('store'), { recursive: true });
    const environment = toEnvironment({
      storeUrl: pathToFileURL(folder.file('store')).href,
      workPath: folder.file('work'),
      apiKeyFile: folder.keyFile,
      dashboardPath: fileURLToPath(new URL('../../../../dashboard', import.meta.url)),
      stageThreads: availableParallelism(),
      ...config,
      databaseUrl,
    });
    const api = await startApp('api', environment, log, stops);
    const url = String(api['url']);
    // A restarted API keeps the port that the first one got.
    environment['COLDPRESS_PORT'] = new URL(url).port;
    await startApp('worker', environment, log, stops);
    await folder.publish(url);
    return { url, apiKey: await folder.apiKey(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Stops = (() => Promise<void>)[];

/** The server keeps its port over restarts: API and worker wait for it there. */
async function startDatabase(folder: DataFolder, log: (line: string) => void, stops: Stops): Promise<string> {
  const start = async (first?: { url: string }) => {
    const { url, ended, stop } = await startEmbeddedPostgres({
      dataPath: folder.file('postgres'),
      log: (line) => log(`postgres: ${line}`),
      ...(first ? { port: Number(new URL(first.url).port) } : {}),
    });
    return { url, stop, ended: ended.then(() => 'see its last words above') };
  };
  const { first, stop } = await keepRunning('postgres', start, log);
  stops.push(stop);
  return first.url;
}

async function startApp(app: 'api' | 'worker', environment: Record<string, string>, log: (line: string) => void, stops: Stops): Promise<Record<string, unknown>> {
  const module = fileURLToPath(new URL(`../../../${app}/src/main.js`, import.meta.url));
  const start = async () => {
    const { child, ready } = await Child.start({ name: app, module, environment, log: (line) => log(`${app}: ${line}`) });
    return { ready, stop: () => child.stop(), ended: child.exited.then(({ code, signal }) => signal ?? `exit code ${code}`) };
  };
  const { first, stop } = await keepRunning(app, start, log);
  stops.push(stop);
  return first.ready;
}

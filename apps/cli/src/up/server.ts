import { pathToFileURL, fileURLToPath } from 'node:url';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { toEnvironment, type Config } from '#contracts';
import { EmbeddedPostgresError, PostgresStartError, startEmbeddedPostgres } from '#database';
import { ServerChild, StartError } from './child.js';
import type { DataFolder } from './data-folder.js';
import { keepingLocal, localAgentArguments, type LocalDevice } from './local-device.js';
import { keepRunning, type Keeping, type KeptRunning, type Running } from './keep-running.js';

export interface ServerOptions {
  folder: DataFolder;
  /** What the user chose; the rest is embedded. */
  config: Partial<Config>;
  log: (line: string) => void;
  /** Whether this machine measures for the server. */
  device?: boolean;
  /** Ends a start that is under way; what was started is stopped. */
  signal?: AbortSignal;
}

export interface Server {
  url: string;
  apiKey: string;
  /** Starts API and worker anew, with the code that is on the disk now. */
  restartApps(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL, the API and a worker as child processes and keeps them running until stopped. A start that fails
 * leaves none of them.
 */
export async function startServer({
  folder,
  config,
  log,
  device = true,
  signal = new AbortController().signal,
}: ServerOptions): Promise<Server> {
  const stops: Stops = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  const how = { log, signal, stops };
  try {
    const databaseUrl = config.databaseUrl ?? (await startDatabase(folder, how));
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
    const api = await startApp('api', environment, how);
    const url = String(api.first.ready['url']);
    // A restarted API keeps the port that the first one got.
    environment['COLDPRESS_PORT'] = new URL(url).port;
    const worker = await startApp('worker', environment, how);
    await folder
      .publish(url)
      .catch((error: Error) =>
        log(`up: other commands have to be told where the server is, with --url ${url}: ${error.message}`),
      );
    const apiKey = await folder.apiKey();
    const local = { url, apiKey, home: folder.file('agent') };
    if (device) stops.push(startLocalDevice(local, how));
    const restartApps = async () => void (await Promise.all([api.restart(), worker.restart()]));
    return { url, apiKey, restartApps, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Stops = (() => Promise<void>)[];

interface How extends Pick<Keeping, 'log' | 'signal'> {
  stops: Stops;
}

/** The server keeps its port over restarts: API and worker wait for it there. */
async function startDatabase(folder: DataFolder, { log, signal, stops }: How): Promise<string> {
  const start = async (first?: { url: string }) => {
    const { url, ended, stop } = await startEmbeddedPostgres({
      dataPath: folder.file('postgres'),
      log: (line) => log(`postgres: ${line}`),
      signal,
      ...(first ? { port: Number(new URL(first.url).port) } : {}),
    });
    return { url, stop, ended: ended.then(() => 'see its last words above') };
  };
  const isPermanent = (error: unknown) =>
    error instanceof EmbeddedPostgresError && !(error instanceof PostgresStartError);
  const kept = await keepRunning(start, { name: 'postgres', log, signal, isPermanent });
  stops.push(() => kept.stop());
  return kept.first.url;
}

interface App extends Running {
  /** What its ready line says. */
  ready: Record<string, unknown>;
}

async function startApp(
  app: 'api' | 'worker',
  environment: Record<string, string>,
  { log, signal, stops }: How,
): Promise<KeptRunning<App>> {
  const isPermanent = (error: unknown) => error instanceof StartError && error.permanent;
  const keeping = { name: app, log, signal, isPermanent };
  const kept = await keepRunning(() => launch(app, environment, { log, signal }), keeping);
  stops.push(() => kept.stop());
  return kept;
}

/** The machine measures behind a server that is up already; how to stop it. */
function startLocalDevice(local: LocalDevice, { log, signal }: Pick<How, 'log' | 'signal'>): () => Promise<void> {
  const stopping = new AbortController();
  const how = { log, signal: AbortSignal.any([signal, stopping.signal]) };
  const start = async () => launch('agent', {}, how, await localAgentArguments(local));
  const keeping = keepRunning(start, keepingLocal(how)).catch((error: Error) => {
    if (!how.signal.aborted) log(`agent: this machine measures nothing: ${error.message}`);
    return null;
  });
  return async () => {
    stopping.abort();
    await (await keeping)?.stop();
  };
}

async function launch(
  app: 'api' | 'worker' | 'agent',
  environment: Record<string, string>,
  { log, signal }: Pick<How, 'log' | 'signal'>,
  args: readonly string[] = [],
): Promise<App> {
  const module = fileURLToPath(new URL(`../../../${app}/src/main.js`, import.meta.url));
  const sayLine = (line: string) => log(`${app}: ${line}`);
  const { child, ready } = await ServerChild.start({ name: app, module, args, environment, log: sayLine, signal });
  const ended = child.exited.then(({ code, signal: killer }) => killer ?? `exit code ${code}`);
  return { ready, stop: () => child.stop(), ended };
}

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseConfig, toEnvironment, type Config } from '#contracts';
import { startEmbeddedPostgres } from '#database';
import { startRedis } from '#testing';

const MAIN = (app: string) => fileURLToPath(new URL(`../apps/${app}/src/main.js`, import.meta.url));

/** Of the clock by which Linux counts what processes use. */
const TICKS_PER_S = 100;

/** API and worker as processes over servers of their own, which are started, killed and measured from outside. */
export class Servers {
  private readonly processes = new Map<'api' | 'worker', ChildProcess>();
  url = '';

  private constructor(
    readonly config: Config,
    private readonly close: () => Promise<void>,
    private readonly keyFile: string,
  ) {}

  static async open(backend: 'postgres' | 'redis', settings: Partial<Config> = {}): Promise<Servers> {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-bench-'));
    const postgres = await startEmbeddedPostgres({ dataPath: join(folder, 'postgres') });
    const redis = backend === 'redis' ? await startRedis(join(folder, 'redis'), process.env['PATH'] ?? '') : null;
    const keyFile = join(folder, 'key');
    const config = parseConfig(
      toEnvironment({
        port: 0,
        databaseUrl: postgres.url,
        ...(redis ? { redisUrl: redis.nextUrl() } : {}),
        storeUrl: pathToFileURL(join(folder, 'store')).href,
        workPath: join(folder, 'work'),
        apiKeyFile: keyFile,
        stageThreads: 1,
        logLevel: 'error',
        requestsPerMinute: 1_000_000,
        ...settings,
      }),
    );
    const close = async () => {
      await redis?.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    };
    const servers = new Servers(config, close, keyFile);
    await servers.start('api');
    await servers.start('worker');
    return servers;
  }

  async start(app: 'api' | 'worker'): Promise<void> {
    const child = fork(MAIN(app), [], {
      env: { ...process.env, ...toEnvironment(this.config) },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.processes.set(app, child);
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    if (app === 'api') this.url = (JSON.parse(line) as { url: string }).url;
  }

  async kill(app: 'api' | 'worker', signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.processes.get(app);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** The largest resident size that a process has had so far, in MB. */
  peakMb(app: 'api' | 'worker'): number {
    const status = readFileSync(`/proc/${this.processes.get(app)?.pid}/status`, 'utf8');
    return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
  }

  /** Seconds of a processor that a process has had so far. */
  cpuSeconds(app: 'api' | 'worker'): number {
    const fields = readFileSync(`/proc/${this.processes.get(app)?.pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  }

  /** The answer as JSON. Throws what the server says of a request that it refuses. */
  async call<T>(method: string, path: string, body?: string | Uint8Array | FormData | object): Promise<T> {
    const isJson = typeof body === 'object' && !(body instanceof Uint8Array) && !(body instanceof FormData);
    const type = isJson ? 'application/json' : body instanceof Uint8Array ? 'application/octet-stream' : undefined;
    const key = (await readFile(this.keyFile, 'utf8')).trim();
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(type ? { 'content-type': type } : {}) },
      ...(body === undefined
        ? {}
        : { body: (isJson ? JSON.stringify(body) : body) as NonNullable<RequestInit['body']> }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Ends with the thing whose events these are. */
  async follow(path: string): Promise<void> {
    const key = (await readFile(this.keyFile, 'utf8')).trim();
    const response = await fetch(`${this.url}${path}/events`, { headers: { authorization: `Bearer ${key}` } });
    for await (const _chunk of response.body ?? []) continue;
  }

  async stop(): Promise<void> {
    await this.kill('worker', 'SIGTERM');
    await this.kill('api', 'SIGTERM');
    await this.close();
  }
}

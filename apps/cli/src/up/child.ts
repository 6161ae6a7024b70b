import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** How long a child may take to be ready, and to stop before it is killed. */
const READY_MS = 60_000;
const STOP_MS = 20_000;

export interface ChildOptions {
  name: string;
  module: string;
  environment: Record<string, string>;
  /** Receives every line that the child writes to stderr. */
  log: (line: string) => void;
}

/** A server run as a child process. It stops when this process is gone, because their IPC channel closes. */
export class Child {
  readonly exited: Promise<{ code: number | null; signal: string | null }>;

  private constructor(
    readonly name: string,
    private readonly process: ChildProcess,
  ) {
    this.exited = new Promise((resolve) => process.once('exit', (code, signal) => resolve({ code, signal })));
  }

  /** Starts the child and waits for its ready line on stdout, a JSON document; throws CliError when it exits first. */
  static async start(options: ChildOptions): Promise<{ child: Child; ready: Record<string, unknown> }> {
    // A group of its own: Ctrl-C reaches the supervisor alone, which then stops its children in order.
    const forked = fork(options.module, [], { env: { ...process.env, ...options.environment }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true });
    const child = new Child(options.name, forked);
    const tail: string[] = [];
    createInterface({ input: forked.stderr! }).on('line', (line) => {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      options.log(line);
    });
    const ready = await Promise.race([child.readyLine(options.log), child.failure(tail), timeout(options.name)]);
    return { child, ready };
  }

  /** Asks the child to stop, and kills it when it does not. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGTERM');
    const late = setTimeout(() => this.process.kill('SIGKILL'), STOP_MS);
    await this.exited;
    clearTimeout(late);
  }

  private readyLine(log: (line: string) => void): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      createInterface({ input: this.process.stdout! }).on('line', (line) => {
        const document = parseReady(line);
        if (document) resolve(document);
        else log(line);
      });
    });
  }

  private async failure(tail: string[]): Promise<never> {
    const { code, signal } = await this.exited;
    throw new CliError(`${this.name} stopped before it was ready (${signal ?? `exit code ${code}`}):\n${tail.join('\n')}`, EXIT.failed, 'start_failed');
  }
}

function parseReady(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    const document = JSON.parse(line) as Record<string, unknown>;
    return document['ready'] === true ? document : null;
  } catch {
    return null;
  }
}

function timeout(name: string): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new CliError(`${name} was not ready within ${READY_MS / 1000} s`, EXIT.failed, 'start_timeout')), READY_MS).unref();
  });
}

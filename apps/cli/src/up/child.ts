import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { StartLine } from '#contracts';
import { CliError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** How long a child may take to be ready, with the migration of a large database, and to stop before it is killed. */
const READY_MS = 180_000;
const STOP_MS = 20_000;
/** Lines of the log that the message of a failed start shows when the child gave no reason. */
const TAIL_LINES = 5;

export interface ServerChildOptions {
  name: string;
  module: string;
  args?: readonly string[];
  environment: Record<string, string>;
  /** Receives every line that the child writes to stderr. */
  log: (line: string) => void;
  /** Ends the start, and the child with it. */
  signal: AbortSignal;
  readyMs?: number;
}

/** A server that did not come up; `permanent` when another start would fail in the same way. */
export class StartError extends CliError {
  constructor(
    message: string,
    readonly permanent: boolean,
  ) {
    super(message, EXIT.failed, 'start_failed');
  }
}

/** A server run as a child process. It stops when this process is gone, because their IPC channel closes. */
export class ServerChild {
  readonly exited: Promise<{ code: number | null; signal: string | null }>;

  private constructor(
    readonly name: string,
    private readonly process: ChildProcess,
  ) {
    this.exited = new Promise((resolve) => process.once('close', (code, signal) => resolve({ code, signal })));
  }

  /**
   * Starts the child and waits for its ready line on stdout. Throws StartError when it is not ready in time, having
   * ended the child.
   */
  static async start(options: ServerChildOptions): Promise<{ child: ServerChild; ready: Record<string, unknown> }> {
    // A group of its own: Ctrl-C reaches the supervisor alone, which then stops its children in order.
    const environment = { ...process.env, ...options.environment };
    const forked = fork(options.module, options.args ?? [], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    const child = new ServerChild(options.name, forked);
    try {
      return { child, ready: await child.ready(options) };
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  /** Asks the child to stop, and kills it when it does not. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGTERM');
    const late = setTimeout(() => this.process.kill('SIGKILL'), STOP_MS);
    await this.exited;
    clearTimeout(late);
  }

  private async ready({ log, signal, readyMs = READY_MS }: ServerChildOptions): Promise<Record<string, unknown>> {
    const tail: string[] = [];
    let reason: StartLine | undefined;
    const end = new AbortController();
    lines(this.process.stderr, (line) => {
      tail.splice(0, Math.max(0, tail.push(line) - TAIL_LINES));
      log(line);
    });
    const isReady = new Promise<Record<string, unknown>>((resolve) => {
      lines(this.process.stdout, (line) => {
        const said = startLine(line);
        if (said?.ready) resolve(said);
        else if (said) reason = said;
        else log(line);
      });
    });
    const hasEnded = this.exited.then(({ code, signal: killer }) => {
      if (reason?.ready === false) throw new StartError(reason.message, reason.permanent);
      const how = killer ?? `exit code ${code}`;
      const words = tail.length > 0 ? `:\n${tail.join('\n')}` : '';
      throw new StartError(`${this.name} stopped before it was ready (${how})${words}`, false);
    });
    const isLate = wait(readyMs, undefined, { signal: AbortSignal.any([signal, end.signal]) }).then(
      () => Promise.reject(new StartError(`${this.name} was not ready within ${readyMs / 1000} s`, false)),
      () => Promise.reject(new StartError(`${this.name} was stopped before it was ready`, false)),
    );
    try {
      return await Promise.race([isReady, hasEnded, isLate]);
    } finally {
      end.abort();
      for (const loser of [hasEnded, isLate]) loser.catch(() => undefined);
    }
  }
}

function lines(stream: Readable | null, each: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on('line', each);
}

function startLine(line: string): (StartLine & Record<string, unknown>) | null {
  if (!line.startsWith('{')) return null;
  try {
    const parsed = StartLine.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

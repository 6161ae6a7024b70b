import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { ProcessMessage, type ProcessRequest } from '#contracts';
import { ALLOCATOR_ENVIRONMENT } from './allocator.js';
import {
  AbortedError,
  CrashError,
  DeadlineError,
  LaunchError,
  OutOfMemoryError,
  ProcessLostError,
  ReportedError,
  type ProcessError,
} from './errors.js';
import { heapFlags } from './heap-flags.js';
import { residentMb } from './resident-memory.js';

export interface RunOptions {
  /** Kills the process when it aborts. */
  signal?: AbortSignal | undefined;
  timeoutMs: number;
  memoryMb: number;
  onProgress?: (progress: {
    fraction: number;
    message?: string | undefined;
    values?: Record<string, number> | undefined;
  }) => void;
  onLog?: (line: string) => void;
}

const MEMORY_WATCH_MS = 100;
/** Characters of the standard error kept for the message of a crash. */
const TAIL_LENGTH = 2000;
/** Signals that native code raises on itself; any other came from outside. */
const CRASH_SIGNALS: readonly NodeJS.Signals[] = [
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
  'SIGSYS',
];

/** A child process that answers one request and ends. */
export class Child {
  private readonly process: ChildProcess;
  private readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
  private stderrTail = '';

  constructor(
    private readonly modulePath: string,
    memoryMb: number,
  ) {
    this.process = fork(modulePath, [], {
      execArgv: heapFlags(memoryMb),
      // The rest of the parent's environment, secrets included, is not handed on.
      env: ALLOCATOR_ENVIRONMENT,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.process.on('error', () => undefined);
    const keep = (text: string) => (this.stderrTail = (this.stderrTail + text).slice(-TAIL_LENGTH));
    this.process.stderr?.setEncoding('utf8').on('data', keep);
    this.exited = once(this.process, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    this.exited.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  get isAlive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null && this.process.connected;
  }

  /** Lets the parent end while this process waits for work. */
  unref(): void {
    this.process.unref();
    this.process.channel?.unref();
  }

  /**
   * Sends the request and resolves with its result, on which the process is killed: it has nothing left to do. Throws a
   * ProcessError.
   */
  async run(request: ProcessRequest, options: RunOptions): Promise<unknown> {
    this.process.ref();
    this.process.channel?.ref();
    let decide: (end: End) => void = () => undefined;
    const decided = new Promise<End>((resolve) => (decide = resolve));
    const kill = (error: ProcessError) => decide({ error });
    const onAbort = () => kill(new AbortedError(options.signal?.reason));
    const deadline = setTimeout(() => kill(new DeadlineError(options.timeoutMs)), options.timeoutMs);
    const watch = this.watchMemory(options.memoryMb, kill);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    this.process.on('message', (raw) => {
      const message = ProcessMessage.safeParse(raw);
      const end = message.success ? handle(message.data, options) : undefined;
      if (end) decide(end);
    });
    void this.exited.then(
      ([exitCode, signal]) => decide({ error: this.diagnose(exitCode, signal, options.memoryMb) }),
      (cause: unknown) =>
        decide({
          error: new LaunchError(this.modulePath, cause instanceof Error ? cause.message : String(cause), { cause }),
        }),
    );
    try {
      if (options.signal?.aborted) onAbort();
      else
        this.process.send(
          request,
          (error) =>
            error &&
            this.isAlive &&
            decide({ error: new LaunchError(this.modulePath, error.message, { cause: error }) }),
        );
      const end = await decided;
      this.process.removeAllListeners('message');
      this.process.kill('SIGKILL');
      if ('error' in end) throw end.error;
      return end.result;
    } finally {
      clearTimeout(deadline);
      clearInterval(watch);
      options.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Kills the process and resolves when it is gone. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited.catch(() => undefined);
  }

  private watchMemory(ceilingMb: number, kill: (error: ProcessError) => void): NodeJS.Timeout {
    return setInterval(() => {
      const { pid } = this.process;
      if (pid === undefined) return;
      const checkSize = (reached: number | null) =>
        reached !== null && reached > ceilingMb && kill(new OutOfMemoryError(ceilingMb, reached));
      void residentMb(pid).then(checkSize);
    }, MEMORY_WATCH_MS);
  }

  private diagnose(exitCode: number | null, signal: NodeJS.Signals | null, memoryMb: number): ProcessError {
    if (/heap out of memory|std::bad_alloc|Array buffer allocation failed/.test(this.stderrTail))
      return new OutOfMemoryError(memoryMb, null);
    if (signal !== null && !CRASH_SIGNALS.includes(signal)) return new ProcessLostError(signal, this.stderrTail);
    return new CrashError(exitCode, signal, this.stderrTail);
  }
}

type End = { result: unknown } | { error: ProcessError };

/** Passes news on; gives the end when the message is the last one. */
function handle(message: ProcessMessage, options: RunOptions): End | undefined {
  switch (message.type) {
    case 'ready':
      return undefined;
    case 'progress':
      options.onProgress?.(message);
      return undefined;
    case 'log':
      options.onLog?.(message.line);
      return undefined;
    case 'done':
      return { result: message.result };
    case 'failed': {
      const { code, message: text, permanent, stack } = message.error;
      return { error: new ReportedError(code, text, permanent, stack) };
    }
  }
}

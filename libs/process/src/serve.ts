import { Worker } from 'node:worker_threads';
import { errorCode, ProcessRequest, type ProcessMessage } from '#contracts';
import { whenOrphaned } from './orphaned.js';

/** What a request's handler may tell its parent on the way. */
export interface Reporter {
  progress(fraction: number, message?: string, values?: Record<string, number>): void;
  log(line: string): void;
}

const PARENT_WATCH_MS = 500;
/** A failure of the system, not of the work: another attempt may find room or a handle again. */
const SYSTEM_ERROR = /^E[A-Z0-9]+$/;

/**
 * The child's side: announces itself, answers one request and exits. It never outlives its parent, not even in the
 * middle of a native call that blocks the event loop.
 */
export function serve(handle: (request: ProcessRequest, report: Reporter) => Promise<unknown>): void {
  // The parent decides: Ctrl-C on a terminal reaches the whole group, and a stage is not to look as if it had crashed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  whenOrphaned(process, () => process.exit(0));
  process.once('message', (raw) => void answer(raw, handle));
  send({ type: 'ready' });
}

async function answer(
  raw: unknown,
  handle: (request: ProcessRequest, report: Reporter) => Promise<unknown>,
): Promise<void> {
  watchParent();
  try {
    const result = await handle(ProcessRequest.parse(raw), {
      progress: (fraction, message, values) =>
        send({ type: 'progress', fraction: Math.min(1, Math.max(0, fraction)), message, values }),
      log: (line) => send({ type: 'log', line }),
    });
    await sendLast({ type: 'done', result });
  } catch (error) {
    await sendLast({ type: 'failed', error: describe(error) });
  }
  process.exit(0);
}

function describe(error: unknown): Extract<ProcessMessage, { type: 'failed' }>['error'] {
  if (!(error instanceof Error)) return { code: 'internal', message: String(error), permanent: true };
  const code = errorCode(error) ?? 'internal';
  const stack = error.stack ? { stack: error.stack } : {};
  return { code, message: error.message, permanent: !SYSTEM_ERROR.test(code), ...stack };
}

function send(message: ProcessMessage): void {
  if (process.connected) process.send?.(message);
}

function sendLast(message: ProcessMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
}

/**
 * A thread of its own, because an event loop that work blocks would not notice that the channel to the parent is
 * closed.
 */
function watchParent(): void {
  const code =
    'const parent = process.ppid; setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, ' +
    `'SIGKILL'); }, ${PARENT_WATCH_MS});`;
  new Worker(code, { eval: true }).unref();
}

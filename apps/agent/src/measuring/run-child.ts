import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AgentError, MeasuringError } from '../errors.js';
import type { AnswersByKind, Kind, Message, Requests, WindowEdge } from '../child/messages.js';

export interface ChildOptions {
  /** Kills the process; the reason is thrown. */
  signal?: AbortSignal | undefined;
  onProgress?: (fraction: number) => void;
  onWindow?: (edge: WindowEdge) => void;
}

/** Characters of the standard error that a crash is told with. */
const TAIL_LENGTH = 500;

/**
 * AnswersByKind a request in a process of its own, which is killed when it has. Throws MeasuringError, and the reason of a
 * signal that aborts.
 */
export async function runChild<K extends Kind>(
  request: Requests[K],
  { signal, onProgress, onWindow }: ChildOptions = {},
): Promise<AnswersByKind[K]> {
  signal?.throwIfAborted();
  const child = fork(childModule(), [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
  let tail = '';
  const keep = (text: string) => (tail = (tail + text).slice(-TAIL_LENGTH));
  child.stderr?.setEncoding('utf8').on('data', keep);
  let stop = (): void => undefined;
  try {
    return await new Promise<AnswersByKind[K]>((resolve, reject) => {
      stop = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', stop, { once: true });
      child.on('error', (cause) =>
        reject(new AgentError('agent_child', `cannot start a process: ${cause.message}`, { cause })),
      );
      child.on('close', (code, killer) => reject(crashOf(code, killer, tail)));
      child.on('message', (message: Message) => {
        if (message.type === 'progress') onProgress?.(message.fraction);
        else if (message.type === 'window') onWindow?.(message);
        else if (message.type === 'done') resolve(message.answer as AnswersByKind[K]);
        else reject(new MeasuringError(message.code, message.message, message.permanent));
      });
      child.send(request, (error) => error && child.connected && reject(error));
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    child.removeAllListeners('close').on('close', () => undefined);
    child.kill('SIGKILL');
  }
}

/** A process that ended by itself: the runtime crashed, or the system took its memory. */
function crashOf(code: number | null, signal: NodeJS.Signals | null, tail: string): MeasuringError {
  const how = signal === null ? `exit code ${code}` : signal;
  const words = tail.trim() === '' ? '' : `: ${tail.trim()}`;
  return new MeasuringError('benchmark_crashed', `the process that measured ended by ${how}${words}`, false);
}

/** Beside the bundle, or a folder up from here in what the compiler wrote. */
function childModule(): string {
  const paths = ['./child/main.js', '../child/main.js'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new AgentError('agent_child', `${paths[0]} is missing: install the agent anew`);
  return found;
}

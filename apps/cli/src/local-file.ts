import { openAsBlob } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { UsageError } from './errors.js';
import { systemWords } from './system-words.js';

/** A file named on the command line, to be sent. Throws UsageError with its path and what keeps it from being read. */
export async function fileToSend(path: string): Promise<Blob> {
  await assertFile(path);
  return openAsBlob(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
}

/**
 * The text of a file named on the command line. Throws UsageError, also for one of more than `maxBytes`, which is no
 * such text.
 */
export async function textOf(path: string, maxBytes: number, what: string): Promise<string> {
  const size = await assertFile(path);
  if (size > maxBytes)
    throw new UsageError(`${path} has ${size} bytes and cannot be ${what}, which has at most ${maxBytes}`);
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
}

async function assertFile(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (found.isDirectory()) throw new UsageError(`cannot read ${path}: it is a folder: name a file in it`);
  if (!found.isFile()) throw new UsageError(`cannot read ${path}: it is not a file`);
  return found.size;
}

function unreadable(path: string, cause: unknown): UsageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const words = systemWords(cause, path) ?? `${path}: ${reason}`;
  return new UsageError(`cannot read ${words}`, { cause });
}

/** The text on standard input. Throws UsageError for one of more than `maxBytes`. */
export async function textFromStdin(maxBytes: number, what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new UsageError(`standard input has more than ${maxBytes} bytes and cannot be ${what}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { errorCode } from '#contracts';
import { StorageError, StoreAccessError, StoreFullError, StoreUnavailableError } from './errors.js';

export const temporaryName = (): string => `${process.pid}-${randomBytes(8).toString('hex')}`;

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const FORBIDDEN = new Set(['EACCES', 'EPERM', 'EROFS']);

/** What a failed file operation in `where` means to the caller. */
export function fileError(where: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const code = errorCode(cause) ?? '';
  if (FULL.has(code)) return new StoreFullError(where, { cause });
  return FORBIDDEN.has(code) ? new StoreAccessError(where, cause) : new StoreUnavailableError(where, cause);
}

export async function writeFully(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let offset = 0; offset < piece.byteLength;) offset += (await file.write(piece, offset)).bytesWritten;
}

/** Makes names created in the folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** `mkdir -p` whose new folders survive a power cut. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) await syncFolder(dirname(folder));
}

/** The file at `path` holds the whole stream afterwards, or is left as it was. */
export async function writeAtomically(stream: Readable, path: string): Promise<void> {
  // Not made of the file's own name, which may be as long as a name can be.
  const temporary = join(dirname(path), `.partial.${temporaryName()}`);
  try {
    await pipeline(stream, createWriteStream(temporary, { flags: 'wx' }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(dirname(path), error);
  }
}

/** Removes the files of a folder that nobody has written to for so long. */
export async function removeStale(folder: string, olderThanMs: number): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (!found || Date.now() - found.mtimeMs < olderThanMs) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

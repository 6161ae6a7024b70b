import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { errorCode, isPlainFileName, MAX_FILE_NAME_BYTES, told, type Config } from '#contracts';
import { CONFIG } from '#infrastructure';
import { repeat, type Repetition } from '#process';
import { SourceError, StoreFullError, TooLargeError } from '#storage';
import { ApiError } from '../problems/api-error.js';

/** No space left, or none left for this user. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);
const HOUR_MS = 3600_000;

export interface SpooledFile {
  path: string;
  digest: string;
  bytes: number;
}

/**
 * A folder of its own per upload, gone when the upload is answered: nothing reaches the store before it was checked.
 */
@Injectable()
export class Spool implements OnApplicationBootstrap, OnApplicationShutdown {
  private sweeping: Repetition | undefined;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Gives `use` an empty folder and removes it afterwards, whatever happened. */
  async withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const parent = join(this.config.workPath, 'uploads');
    await mkdir(parent, { recursive: true });
    const folder = await mkdtemp(join(parent, `${process.pid}-`));
    try {
      return await use(folder);
    } finally {
      // What cannot be removed is swept later.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  /** Begins with an empty house, and looks every hour for what processes left behind that were killed. */
  async onApplicationBootstrap(): Promise<void> {
    await this.sweep((pid) => pid === process.pid || !isAlive(pid));
    const removeLeft = () => this.sweep((pid) => pid !== process.pid && !isAlive(pid));
    this.sweeping = repeat(HOUR_MS, removeLeft, () => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sweeping?.stop();
  }

  /** The folders carry the ids of their processes. What cannot be removed is left for the next time. */
  private async sweep(isLeft: (pid: number) => boolean): Promise<void> {
    const parent = join(this.config.workPath, 'uploads');
    for (const folder of await readdir(parent).catch(() => [])) {
      if (isLeft(Number.parseInt(folder, 10)))
        await rm(join(parent, folder), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/**
 * Writes a stream to a new file and hashes it on the way. Throws TooLargeError past `maxBytes`, StoreFullError when the
 * disk is full, SourceError when the stream breaks off. The stream is left open when writing fails, so that it can be
 * answered.
 */
export async function spoolFile(source: Readable, path: string, maxBytes: number): Promise<SpooledFile> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const piece of pieces(source)) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) throw new TooLargeError(maxBytes);
      hash.update(piece);
      for (let offset = 0; offset < piece.byteLength;) offset += (await file.write(piece, offset)).bytesWritten;
    }
  } catch (error) {
    throw FULL.has(errorCode(error) ?? '') ? new StoreFullError('the upload folder', { cause: error }) : error;
  } finally {
    await file.close();
  }
  return { path, digest: hash.digest('hex'), bytes };
}

/** A file that a process of ours wrote, as one that was spooled. */
export async function spooledFile(path: string): Promise<SpooledFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { path, digest: hash.digest('hex'), bytes };
}

async function* pieces(source: Readable): AsyncGenerator<Buffer> {
  const iterator = source.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await iterator.next().catch((cause: unknown) => {
        throw new SourceError(cause);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Lets go of the stream, so that whoever answers can read and drop the rest of it.
    await iterator.return?.();
  }
}

/** Throws ApiError `invalid_form` unless a name from outside names a file in a folder, and nothing else. */
export function assertFileName(name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_FILE_NAME_BYTES)
    throw new ApiError(
      'invalid_form',
      `the name ${told(name)} of a file has ${bytes} bytes in UTF-8, ${MAX_FILE_NAME_BYTES} are allowed: shorten it, in the manifest as well`,
    );
  if (isPlainFileName(name)) return;
  throw new ApiError(
    'invalid_form',
    `${told(name)} cannot be the name of a file: use a plain name without a path, as in the manifest`,
  );
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

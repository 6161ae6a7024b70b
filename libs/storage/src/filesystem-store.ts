import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { errorCode } from '#contracts';
import type { ArtifactStore, ByteRange, Opened, PutOptions, Source, Stored } from './artifact-store.js';
import { ObjectNotFoundError } from './errors.js';
import { fileError, makeFolder, removeStale, syncFolder, temporaryName, writeAtomically, writeFully } from './files.js';
import { spanOf } from './range.js';
import { consume } from './source.js';
import { VerifyDigest } from './verify.js';

/**
 * The store as a folder: `tmp/<pid>-<random>` is written, flushed and checked, then linked to `blobs/aa/bb/<digest>`. A
 * killed process leaves at most a file in `tmp`, never a partial blob.
 */
export class FilesystemStore implements ArtifactStore {
  readonly #blobs: string;
  readonly #temporary: string;

  private constructor(private readonly root: string) {
    this.#blobs = join(root, 'blobs');
    this.#temporary = join(root, 'tmp');
  }

  static async open(root: string): Promise<FilesystemStore> {
    const store = new FilesystemStore(root);
    await store.#guard(async () => {
      await makeFolder(store.#blobs);
      await mkdir(store.#temporary, { recursive: true });
    });
    return store;
  }

  async put(source: Source, options: PutOptions = {}): Promise<Stored> {
    const temporary = join(this.#temporary, temporaryName());
    return this.#guard(async () => {
      try {
        const written = await writeFlushed(temporary, source, options);
        return { ...written, deduplicated: !(await this.#publish(temporary, written.digest)) };
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  async putFile(path: string, options: PutOptions = {}): Promise<Stored> {
    const stream = createReadStream(path, { highWaterMark: 1 << 20 });
    try {
      return await this.put(stream, options);
    } finally {
      stream.destroy();
    }
  }

  async get(digest: string, range: ByteRange = {}): Promise<Opened> {
    return this.#guard(async () => {
      const file = await open(this.#path(digest)).catch((cause: unknown) => {
        throw errorCode(cause) === 'ENOENT' ? new ObjectNotFoundError(digest, { cause }) : cause;
      });
      try {
        const span = spanOf(range, (await file.stat()).size);
        const { start, end } = span;
        const stream =
          span.bytes === 0 ? await emptied(file) : file.createReadStream({ start, end, highWaterMark: 1 << 18 });
        const check = span.isWhole ? new VerifyDigest(digest) : new PassThrough();
        return { stream: pipeline(stream, check, () => {}), bytes: span.bytes };
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  async getToFile(digest: string, path: string): Promise<void> {
    await writeAtomically((await this.get(digest)).stream, path);
  }

  async stat(digest: string): Promise<{ bytes: number } | null> {
    return this.#guard(async () => {
      const found = await stat(this.#path(digest)).catch(absent);
      return found && { bytes: found.size };
    });
  }

  /** Nobody else reads this disk. */
  async presign(): Promise<null> {
    return null;
  }

  async delete(digest: string): Promise<void> {
    await this.#guard(() => rm(this.#path(digest), { force: true }));
  }

  async sweep(olderThanMs: number): Promise<number> {
    return this.#guard(() => removeStale(this.#temporary, olderThanMs));
  }

  async close(): Promise<void> {}

  #path(digest: string): string {
    return join(this.#blobs, digest.slice(0, 2), digest.slice(2, 4), digest);
  }

  /** Gives the file its name; false when the same bytes had it already. A damaged blob of that name is replaced. */
  async #publish(temporary: string, digest: string): Promise<boolean> {
    const path = this.#path(digest);
    await makeFolder(dirname(path));
    try {
      await link(temporary, path);
    } catch (error) {
      const isTaken = errorCode(error) === 'EEXIST';
      if (isTaken && (await digestOf(path)) === digest) return false;
      await rename(temporary, path);
    }
    await syncFolder(dirname(path));
    return true;
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileError(this.root, error);
    }
  }
}

async function writeFlushed(
  path: string,
  source: Source,
  options: PutOptions,
): Promise<{ digest: string; bytes: number }> {
  const file = await open(path, 'wx');
  try {
    const written = await consume(source, options, (piece) => writeFully(file, piece));
    await file.sync();
    return written;
  } finally {
    await file.close();
  }
}

async function digestOf(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  } catch (error) {
    return absent(error);
  }
  return hash.digest('hex');
}

async function emptied(file: { close(): Promise<void> }): Promise<Readable> {
  await file.close();
  return Readable.from([]);
}

function absent(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}

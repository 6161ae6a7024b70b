import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '#contracts';
import { CONFIG, STORE } from '#infrastructure';
import type { ArtifactStore } from '#storage';

/**
 * Files of the store on the local disk, by digest. Every use checks the bytes again: a disk may rot, a person may edit.
 */
@Injectable()
export class FileCache {
  private readonly folder: string;

  constructor(
    @Inject(CONFIG) { workPath }: Pick<Config, 'workPath'>,
    @Inject(STORE) private readonly store: ArtifactStore,
  ) {
    this.folder = join(workPath, 'cache');
  }

  /** Makes the file appear at `path` as a hard link. Throws the store's errors. */
  async place(digest: string, path: string): Promise<void> {
    await link(await this.fetch(digest), path);
  }

  /** The file's bytes. Throws the store's errors. */
  async read(digest: string): Promise<Buffer> {
    return readFile(await this.fetch(digest));
  }

  /**
   * Takes in a file that the store has as well, so that it need not be fetched; where that cannot be done, it is
   * fetched.
   */
  async adopt(digest: string, path: string): Promise<void> {
    await mkdir(this.folder, { recursive: true }).catch(() => undefined);
    await link(path, join(this.folder, digest)).catch(() => undefined);
  }

  /** Removes files that nobody has used for so long. */
  async sweep(olderThanMs: number): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const found = await stat(path).catch(() => null);
      if (found && Date.now() - found.mtimeMs > olderThanMs) await rm(path, { force: true, recursive: true });
    }
  }

  private async fetch(digest: string): Promise<string> {
    const path = join(this.folder, digest);
    if ((await digestOf(path)) === digest) {
      const now = new Date();
      // For the sweep alone.
      await utimes(path, now, now).catch(() => undefined);
      return path;
    }
    await mkdir(this.folder, { recursive: true });
    await this.store.getToFile(digest, path);
    return path;
  }
}

/** Null where there is no such file. */
export async function digestOf(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch {
    return null;
  }
  return hash.digest('hex');
}

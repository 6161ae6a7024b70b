import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { DownloadError } from '../errors.js';

export const DEFAULT_CACHE_BYTES = 2 * 1024 ** 3;

/** Models by digest on the disk of the device; those used longest ago go when they are more than the limit allows. */
export class ModelCache {
  constructor(
    private readonly folder: string,
    private readonly limitBytes: number,
  ) {}

  /**
   * The file of a model: from here when its bytes are right, otherwise downloaded and checked. Throws DownloadError for
   * other bytes than those of the digest, and what the download throws.
   */
  async file(digest: string, download: () => Promise<ReadableStream<Uint8Array>>): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    const path = join(this.folder, `${digest}.onnx`);
    if (await isWhole(path, digest)) await utimes(path, new Date(), new Date());
    else await this.fetch(digest, path, await download());
    return path;
  }

  /** Removes what was used longest ago until the rest is within the limit; `keep` stays, whatever its size. */
  async sweep(keep: readonly string[]): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    const factsOfFile = async (name: string) => ({ name, ...(await factsOf(join(this.folder, name))) });
    const files = await Promise.all(names.map(factsOfFile));
    const kept = new Set(keep.map((digest) => `${digest}.onnx`));
    let left = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, bytes } of files.toSorted((a, b) => a.usedMs - b.usedMs)) {
      if (left <= this.limitBytes) return;
      if (kept.has(name)) continue;
      await rm(join(this.folder, name), { force: true });
      left -= bytes;
    }
  }

  private async fetch(digest: string, path: string, body: ReadableStream<Uint8Array>): Promise<void> {
    const draft = join(this.folder, `${randomUUID()}.part`);
    const hash = createHash('sha256');
    const tap = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(Readable.fromWeb(body), tap, createWriteStream(draft));
      if (hash.digest('hex') !== digest) throw new DownloadError(digest, 'has other bytes than its name says');
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
  }
}

async function isWhole(path: string, digest: string): Promise<boolean> {
  if (!(await stat(path).catch(() => null))) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === digest;
}

async function factsOf(path: string): Promise<{ bytes: number; usedMs: number }> {
  const found = await stat(path).catch(() => null);
  return { bytes: found?.size ?? 0, usedMs: found?.mtimeMs ?? 0 };
}

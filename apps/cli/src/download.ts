import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatBytes } from '#contracts';
import { CliError, UsageError } from './errors.js';
import { EXIT } from './exit-codes.js';
import type { Screen } from './progress.js';

/** The place that stands for standard output. */
export const STDOUT = '-';

/** A download is told of as often, on a terminal from its first second on, on a pipe later. */
const TERMINAL_MS = 500;
const PLAIN_MS = 5000;

/**
 * Writes a download to a file, or to standard output for `-`. A file is written beside the target and renamed once its
 * digest is right, so that a file at `path` is always whole. Throws CliError for bytes of another digest.
 */
export async function save(source: ReadableStream<Uint8Array>, digest: string, path: string): Promise<void> {
  const bytes = Readable.fromWeb(source as never);
  if (path === STDOUT) return pass(bytes, digest, process.stdout, { end: false });
  const partial = `${path}.${process.pid}.partial`;
  try {
    await pass(bytes, digest, createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Throws UsageError where no file can be written at `path`, before anything is done for it. */
export async function assertWritable(path: string): Promise<void> {
  if (path === STDOUT) return;
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw new UsageError(`cannot write ${path}: it is a folder: name a file in it`);
  const folder = await stat(dirname(resolve(path))).catch(() => null);
  if (!folder?.isDirectory()) throw new UsageError(`cannot write ${path}: there is no folder ${dirname(path)}`);
}

async function pass(
  source: Readable,
  digest: string,
  target: NodeJS.WritableStream,
  options: { end?: boolean } = {},
): Promise<void> {
  const hash = createHash('sha256');
  const progress = new DownloadProgress();
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      progress.read(chunk.length);
      done(null, chunk);
    },
  });
  await pipeline(source, tap, target, options).finally(() => progress.end());
  const got = hash.digest('hex');
  if (got !== digest)
    throw new CliError(
      `the download is damaged: its SHA-256 is ${got}, not ${digest}; try again`,
      EXIT.failed,
      'digest_mismatch',
    );
}

/** Shows how many bytes of a download have come. */
export class DownloadProgress {
  private bytes = 0;
  private toldAt: number;
  private isDrawn = false;

  constructor(
    private readonly screen: Screen = process.stderr,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.toldAt = now();
  }

  read(bytes: number): void {
    this.bytes += bytes;
    const now = this.now();
    if (now - this.toldAt < (this.screen.isTTY ? TERMINAL_MS : PLAIN_MS)) return;
    this.toldAt = now;
    const words = `fetching: ${formatBytes(this.bytes)}`;
    this.screen.write(this.screen.isTTY ? `\r\u001b[2K${words}` : `${words}\n`);
    this.isDrawn = true;
  }

  /** Takes the line off a terminal. */
  end(): void {
    if (this.isDrawn && this.screen.isTTY) this.screen.write('\r\u001b[2K');
  }
}

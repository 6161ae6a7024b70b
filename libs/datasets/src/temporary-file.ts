import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFully } from './rows.js';

/** A file without a name: the operating system frees it when this process ends, however it ends. */
export class TemporaryFile {
  private isOpen = true;

  private constructor(readonly descriptor: number) {}

  static async create(): Promise<TemporaryFile> {
    const folder = await mkdtemp(join(tmpdir(), 'coldpress-array-'));
    const descriptor = openSync(join(folder, 'rows'), 'wx+', 0o600);
    await rm(folder, { recursive: true });
    return new TemporaryFile(descriptor);
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;)
      done += writeSync(this.descriptor, bytes, done, bytes.length - done, position + done);
  }

  read(target: Uint8Array, position: number): void {
    readFully(this.descriptor, target, position, 'temporary file');
  }

  close(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }
}

const BUFFERED_BYTES = 2 ** 18;

/** Bytes that are written one after the other, a buffer at a time. */
export class Appender {
  private readonly buffer = Buffer.alloc(BUFFERED_BYTES);
  private filled = 0;
  private written = 0;

  constructor(private readonly file: TemporaryFile) {}

  append(bytes: Uint8Array): void {
    if (this.filled + bytes.length > this.buffer.length) this.flush();
    if (bytes.length > this.buffer.length) {
      this.file.write(bytes, this.written);
      this.written += bytes.length;
      return;
    }
    this.buffer.set(bytes, this.filled);
    this.filled += bytes.length;
  }

  flush(): void {
    this.file.write(this.buffer.subarray(0, this.filled), this.written);
    this.written += this.filled;
    this.filled = 0;
  }
}

import { closeSync, openSync, readSync } from 'node:fs';
import { DatasetError } from './errors.js';

/** Random access to the rows of an array: slices of equal byte length along its first axis. */
export interface Rows {
  /** Copies `target.length` bytes that start at a row into `target`. */
  read(row: number, target: Uint8Array): void;
  close(): void;
}

/** Rows of bytes that are already in memory. */
export function memoryRows(bytes: Uint8Array, rowBytes: number): Rows {
  return {
    read: (row, target) => target.set(bytes.subarray(row * rowBytes, row * rowBytes + target.length)),
    close: () => undefined,
  };
}

/** Rows read from a file as they are asked for; only the operating system's page cache grows. */
export function fileRows(path: string, offset: number, rowBytes: number): Rows {
  return descriptorRows(openSync(path, 'r'), offset, rowBytes, path);
}

/** Rows of an open file, which `close` closes. `name` is for messages. */
export function descriptorRows(descriptor: number, offset: number, rowBytes: number, name: string): Rows {
  return {
    read(row, target) {
      let done = 0;
      while (done < target.length) {
        const got = readSync(descriptor, target, done, target.length - done, offset + row * rowBytes + done);
        if (got === 0) throw new DatasetError('dataset_file', 'the file ended early while it was read', { file: name });
        done += got;
      }
    },
    close: () => closeSync(descriptor),
  };
}

import { closeSync, openSync, readSync } from 'node:fs';
import { DatasetError } from './errors.js';

/** Random access to the rows of an array: slices of equal byte length along its first axis. */
export interface Rows {
  /** Copies `target.length` bytes that start at a row into `target`. */
  read(row: number, target: Uint8Array): void;
  /** Makes rows ready to be read, where they have to be decoded first. Throws DatasetError for one that cannot be. */
  load?(rows: Iterable<number>): Promise<void>;
  close(): void;
}

/** Rows of bytes that are already in memory. */
export function memoryRows(bytes: Uint8Array, rowBytes: number): Rows {
  const bytesOf = (row: number, length: number) => bytes.subarray(row * rowBytes, row * rowBytes + length);
  return { read: (row, target) => target.set(bytesOf(row, target.length)), close: () => undefined };
}

/** Rows read from a file as they are asked for; only the operating system's page cache grows. */
export function fileRows(path: string, offset: number, rowBytes: number): Rows {
  return descriptorRows(openSync(path, 'r'), offset, rowBytes, path);
}

/** Rows of an open file, which `close` closes. `name` is for messages. */
export function descriptorRows(descriptor: number, offset: number, rowBytes: number, name: string): Rows {
  const read: Rows['read'] = (row, target) => readFully(descriptor, target, offset + row * rowBytes, name);
  return { read, close: () => closeSync(descriptor) };
}

/** Rows in another form: `turn` makes the bytes of `rows`, of `size` bytes each, into those that are served. */
export function turnedRows(
  rows: Rows,
  size: number,
  servedBytes: number,
  turn: (bytes: Uint8Array) => Uint8Array,
): Rows {
  return {
    read(row, target) {
      const bytes = new Uint8Array((target.length / servedBytes) * size);
      rows.read(row, bytes);
      target.set(turn(bytes));
    },
    ...(rows.load ? { load: (wanted) => rows.load!(wanted) } : {}),
    close: () => rows.close(),
  };
}

/** Fills `target` from a place of an open file. Throws DatasetError where the file ends early. */
export function readFully(descriptor: number, target: Uint8Array, position: number, file: string): void {
  for (let done = 0; done < target.length;) {
    const got = readSync(descriptor, target, done, target.length - done, position + done);
    if (got === 0) throw new DatasetError('dataset_file', 'the file ended early while it was read', { file });
    done += got;
  }
}

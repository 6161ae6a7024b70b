import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { DatasetError } from './errors.js';
import type { Rows } from './rows.js';
import { TemporaryFile } from './temporary-file.js';

/** Bytes on their way out of an archive, and what the archive promises about them. */
export interface Unpacked {
  stream: Readable;
  bytes: number;
  crc32: number;
  where: { file: string; array: string };
}

/** At most the first `limit` bytes of a stream, which is then dropped. */
export async function readStart(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}

/** Reads all the bytes and keeps none. Throws DatasetError when size or CRC-32 differ. */
export async function verifyBytes(source: Unpacked): Promise<void> {
  await drain(source, () => undefined);
}

/** All the bytes, checked against size and CRC-32. */
export async function unpackToMemory(source: Unpacked): Promise<Uint8Array> {
  const target = new Uint8Array(source.bytes);
  await drain(source, (chunk, offset) => target.set(chunk, offset));
  return target;
}

/**
 * Rows of the bytes after `dataOffset`, kept in a temporary file that has no name any more: the operating system frees
 * it when this process ends, however it ends.
 */
export async function spillToFile(source: Unpacked, dataOffset: number, rowBytes: number): Promise<Rows> {
  const file = await TemporaryFile.create();
  try {
    await drain(source, (chunk, offset) => file.write(chunk, offset));
    return { read: (row, target) => file.read(target, dataOffset + row * rowBytes), close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function drain(
  { stream, bytes, crc32: expected, where }: Unpacked,
  take: (chunk: Buffer, offset: number) => void,
): Promise<void> {
  let offset = 0;
  let sum = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (offset + chunk.length > bytes) break;
    take(chunk, offset);
    sum = crc32(chunk, sum);
    offset += chunk.length;
  }
  if (offset !== bytes || sum !== expected) {
    throw new DatasetError(
      'dataset_format',
      'damaged: size or checksum of the unpacked array differs from what the archive says (CRC-32)',
      { ...where, wayOut: 'copy the file again' },
    );
  }
}

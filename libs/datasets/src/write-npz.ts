import { crc32, deflateRawSync } from 'node:zlib';
import type { DtypeName } from './dtype.js';
import { writeNpy } from './npy.js';

export interface NpzArray {
  dtype: DtypeName;
  dims: readonly number[];
  data: ArrayBufferView;
}

const DEFLATED = 8;
const ZIP_VERSION = 20;
/** 1 January 1980, the zip format's zero, so that equal arrays give equal bytes. */
const DOS_DATE = 0x21;

/** An npz archive as numpy.savez writes it, or savez_compressed with `compress`. For archives below 4 GiB. */
export function writeNpz(arrays: Record<string, NpzArray>, { compress = false } = {}): Uint8Array {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, { dtype, dims, data }] of Object.entries(arrays)) {
    const content = writeNpy(dtype, dims, data);
    const stored = compress ? deflateRawSync(content) : Buffer.from(content);
    const fileName = Buffer.from(`${name}.npy`, 'utf8');
    const common = commonHeader(compress, crc32(content), stored.length, content.length, fileName.length);
    files.push(record(0x04034b50, [common]), fileName, stored);
    directory.push(record(0x02014b50, [u16(ZIP_VERSION), common, u16(0, 0, 0), u32(0), u32(offset)]), fileName);
    offset += 4 + common.length + fileName.length + stored.length;
  }
  const central = Buffer.concat(directory);
  const count = Object.keys(arrays).length;
  const end = record(0x06054b50, [u16(0, 0, count, count), u32(central.length, offset), u16(0)]);
  return Buffer.concat([...files, central, end]);
}

/** The fields that local and central headers share (APPNOTE 4.3.7, from "version needed" to "extra field length"). */
function commonHeader(compress: boolean, sum: number, storedBytes: number, bytes: number, nameBytes: number): Buffer {
  return Buffer.concat([
    u16(ZIP_VERSION, 0, compress ? DEFLATED : 0, 0, DOS_DATE),
    u32(sum, storedBytes, bytes),
    u16(nameBytes, 0),
  ]);
}

function record(signature: number, parts: readonly Buffer[]): Buffer {
  return Buffer.concat([u32(signature), ...parts]);
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => bytes.writeUInt16LE(value, 2 * i));
  return bytes;
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
}

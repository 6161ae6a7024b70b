/** A file with its path in the archive. */
export interface ZipEntry {
  path: string;
  file: Blob;
}

/** What the format can say without its 64-bit extension. */
const MOST_BYTES = 0xffff_ffff;
const MOST_ENTRIES = 0xffff;
/** 1 January 1980, the format's first day: equal files give equal archives. */
const FIRST_DAY = 0x0021;
const UTF8 = 0x0800;
const VERSION = 20;

/**
 * A zip archive of files as they are, since pictures and recordings do not get smaller; only one is read at a time. Throws Error where there are more
 * files or bytes than the format can say.
 */
export async function zipOf(entries: readonly ZipEntry[]): Promise<Blob> {
  const bytes = entries.reduce((sum, { file }) => sum + file.size, 0);
  if (entries.length > MOST_ENTRIES || bytes > MOST_BYTES)
    throw new Error('More than 65,535 files or 4 GB: push the folder with `coldpress datasets push`.');
  const parts: BlobPart[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { path, file } of entries) {
    const name = new TextEncoder().encode(path);
    const fields = { name, size: file.size, crc: crc32(new Uint8Array(await file.arrayBuffer())) };
    const head = localHeader(fields);
    directory.push(directoryEntry(fields, offset));
    parts.push(head, file);
    offset += head.length + file.size;
  }
  const length = directory.reduce((sum, entry) => sum + entry.length, 0);
  return new Blob([...parts, ...directory, endOf(entries.length, length, offset)], { type: 'application/zip' });
}

interface Fields {
  name: Uint8Array;
  size: number;
  crc: number;
}

/** Numbers of 2 and 4 bytes, little end first, one after the other, and text behind them. */
function record(numbers: readonly (readonly [bytes: 2 | 4, value: number])[], text = new Uint8Array()) {
  const length = numbers.reduce((sum, [bytes]) => sum + bytes, 0);
  const made = new Uint8Array(length + text.length);
  const view = new DataView(made.buffer);
  let at = 0;
  for (const [bytes, value] of numbers) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  made.set(text, at);
  return made;
}

/** What both headers of a file say: version, flags, stored, time, date, CRC, sizes, length of the name, none of the extra field. */
const common = ({ name, size, crc }: Fields) =>
  [[2, VERSION], [2, UTF8], [2, 0], [2, 0], [2, FIRST_DAY], [4, crc], [4, size], [4, size], [2, name.length], [2, 0]] as const; // prettier-ignore

const localHeader = (fields: Fields) => record([[4, 0x0403_4b50], ...common(fields)], new Uint8Array(fields.name));

function directoryEntry(fields: Fields, offset: number) {
  const rest = [[2, 0], [2, 0], [2, 0], [4, 0], [4, offset]] as const; // prettier-ignore
  return record([[4, 0x0201_4b50], [2, VERSION], ...common(fields), ...rest], new Uint8Array(fields.name));
}

function endOf(count: number, length: number, offset: number) {
  return record([
    [4, 0x0605_4b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, length],
    [4, offset],
    [2, 0],
  ]);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

/** The checksum of the format (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffff_ffff) >>> 0;
}

import { basename } from 'node:path';
import * as yauzl from 'yauzl';
import { DatasetError } from './errors.js';
import { MAX_ARRAY_BYTES, MAX_ARRAYS_PER_FILE, MAX_ARRAY_BYTES_IN_MEMORY, MAX_INFLATION } from './limits.js';
import { npyFile, type NpyEntry } from './npy-array.js';
import { npyBytes } from './npy-file.js';
import { NPY_HEADER_PROBE_BYTES, readNpyHeader, type NpyHeader } from './npy.js';
import { fileRows, memoryRows, type Rows } from './rows.js';
import type { ArrayFile, Wanted } from './stored-array.js';
import { verifyBytes, readStart, spillToFile, unpackToMemory } from './unpack.js';

const STORED = 0;
const DEFLATED = 8;

/**
 * Arrays of an npz file (a zip of npy files), as numpy.savez and savez_compressed write it. Values are read later: from
 * the archive itself where they are not compressed, once their checksum was compared, else unpacked to memory or, when
 * large, to a temporary file. Names inside the archive are only looked up, never used as paths.
 */
export async function openNpz(path: string, { names: wanted, readableOnly = false }: Wanted = {}): Promise<ArrayFile> {
  const file = basename(path);
  return withZip(path, async (zip) => {
    if (zip.entryCount > MAX_ARRAYS_PER_FILE)
      throw new DatasetError('dataset_limit', 'too many arrays', {
        file,
        expected: `at most ${MAX_ARRAYS_PER_FILE}`,
        got: `${zip.entryCount}`,
      });
    const names: string[] = [];
    const arrays = new Map<string, NpyEntry>();
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('.npy')) continue;
      const name = entry.fileName.slice(0, -'.npy'.length);
      names.push(name);
      if (wanted && !wanted.has(name)) continue;
      if (arrays.has(name)) throw new DatasetError('dataset_format', 'the array is there twice', { file, array: name });
      const found = await describe(path, zip, entry).catch(readableOnly ? unlessUnreadable : undefined);
      if (found) arrays.set(name, found);
    }
    return npyFile(names, [...arrays.values()]);
  });
}

/** Null for elements that no model takes. */
function unlessUnreadable(error: unknown): null {
  if (error instanceof DatasetError && error.code === 'dataset_dtype') return null;
  throw error;
}

async function describe(path: string, zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<NpyEntry> {
  const name = entry.fileName.slice(0, -'.npy'.length);
  const where = { file: basename(path), array: name };
  checkEntry(entry, where);
  const header = readNpyHeader(await readStart(await zip.openReadStreamPromise(entry), NPY_HEADER_PROBE_BYTES), where);
  const expected = npyBytes(header);
  if (entry.uncompressedSize !== expected) {
    throw new DatasetError('dataset_format', 'bytes of the array', {
      ...where,
      expected: `${expected} for shape [${header.dims}] of ${'dtype' in header.element ? header.element.dtype : 'text'}`,
      got: `${entry.uncompressedSize}`,
    });
  }
  return { name, file: where.file, header, openBytes: () => openBytes(path, entry, header, where) };
}

function checkEntry(entry: yauzl.Entry, where: { file: string; array: string }): void {
  if (entry.isEncrypted()) throw new DatasetError('dataset_format', 'the archive is encrypted', where);
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw new DatasetError('dataset_format', 'compression method', {
      ...where,
      expected: 'stored or deflated',
      got: `method ${entry.compressionMethod}`,
      wayOut: 'write it with numpy.savez_compressed',
    });
  }
  if (entry.uncompressedSize > MAX_ARRAY_BYTES) {
    throw new DatasetError('dataset_limit', 'array too large', {
      ...where,
      expected: `at most ${MAX_ARRAY_BYTES} bytes`,
      got: `${entry.uncompressedSize}`,
    });
  }
  if (
    entry.uncompressedSize > MAX_ARRAY_BYTES_IN_MEMORY &&
    entry.uncompressedSize > MAX_INFLATION * entry.compressedSize
  ) {
    const atMost = `at most ${MAX_INFLATION} times its ${entry.compressedSize} packed bytes`;
    throw new DatasetError('dataset_limit', 'unpacks to suspiciously many bytes', {
      ...where,
      expected: atMost,
      got: `${entry.uncompressedSize}`,
      wayOut: 'store it uncompressed with numpy.savez',
    });
  }
}

/** Rows of one byte each, after the header. */
async function openBytes(
  path: string,
  entry: yauzl.Entry,
  header: NpyHeader,
  where: { file: string; array: string },
): Promise<Rows> {
  return withZip(path, async (zip) => {
    if (entry.compressionMethod === STORED) {
      await verifyBytes({
        stream: await zip.openReadStreamPromise(entry),
        bytes: entry.uncompressedSize,
        crc32: entry.crc32,
        where,
      });
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      return fileRows(path, fileDataStart + header.dataOffset, 1);
    }
    const unpacked = {
      stream: await zip.openReadStreamPromise(entry),
      bytes: entry.uncompressedSize,
      crc32: entry.crc32,
      where,
    };
    if (entry.uncompressedSize > MAX_ARRAY_BYTES_IN_MEMORY) return spillToFile(unpacked, header.dataOffset, 1);
    return memoryRows((await unpackToMemory(unpacked)).subarray(header.dataOffset), 1);
  });
}

async function withZip<T>(path: string, use: (zip: yauzl.ZipFile) => Promise<T>): Promise<T> {
  try {
    const zip = await yauzl.openPromise(path, { lazyEntries: true, autoClose: false });
    try {
      return await use(zip);
    } finally {
      zip.close();
    }
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    throw new DatasetError(
      'dataset_format',
      `not a readable npz archive: ${zipWords(cause)}`,
      { file: basename(path), wayOut: 'copy it again, or write it anew with numpy.savez' },
      { cause },
    );
  }
}

/** What the zip reader finds wrong, in our words. */
const ZIP_WORDS: readonly [RegExp, string][] = [
  [/end of central directory|Not a zip|too short|File is too small/i, 'it is no zip file, or was cut off'],
  [/relative path|absolute path|characters in fileName|backslash/i, 'a name in it leads out of the archive'],
  [/multi-disk|disk/i, 'it is one part of several'],
  [/encrypt/i, 'it is encrypted'],
  [/zip64/i, 'its directory for large files is damaged'],
  [/central directory|header signature|comment length|size of/i, 'its directory is damaged'],
  [
    /invalid (stored|block|distance|code|literal|window)|incorrect|unexpected end|too (many|few) bytes/i,
    'packed bytes in it are damaged',
  ],
];

function zipWords(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : '';
  return ZIP_WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? 'it is damaged';
}

import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { DatasetError } from './errors.js';
import { MAX_ARRAY_BYTES } from './limits.js';
import { openFolder } from './media/folder.js';
import { openNpyFile } from './npy-file.js';
import { openNpz } from './npz.js';
import { openSafetensors } from './safetensors.js';
import { arrayBytes, type ArrayFile, type Made, type StoredArray, type Wanted } from './stored-array.js';
import { openJsonLines } from './tables/json-lines.js';

/** A reader, and what an input can be made of in its files. */
interface Format {
  open(path: string, wanted: Wanted): Promise<ArrayFile>;
  makes: readonly Made['source'][];
}

const TABLE_SOURCES = ['columns', 'tokens'] as const;
const FOLDER_SOURCES = ['image', 'audio', 'boxes'] as const;
const folder: Format = { open: openFolder, makes: FOLDER_SOURCES };

/** Readers of tables, loaded where one is read: a stage process that reads none starts without them. */
const csv: Format = {
  open: async (path, wanted) => (await import('./tables/csv.js')).openCsv(path, wanted),
  makes: TABLE_SOURCES,
};
const parquet: Format = {
  open: async (path, wanted) => (await import('./tables/parquet.js')).openParquet(path, wanted),
  makes: TABLE_SOURCES,
};

/** Readers by file extension; a folder has none. To add a format, add its line. */
const FORMATS: Record<string, Format> = {
  '.npz': { open: openNpz, makes: [] },
  '.npy': { open: openNpyFile, makes: [] },
  '.safetensors': { open: openSafetensors, makes: [] },
  '.csv': csv,
  '.tsv': csv,
  '.jsonl': { open: openJsonLines, makes: TABLE_SOURCES },
  '.parquet': parquet,
  '.zip': folder,
  '': folder,
};

/** What each source is made of, for messages. */
const MATERIAL: Record<Made['source'], string> = {
  columns: 'a table: .csv, .tsv, .jsonl or .parquet',
  tokens: 'a table: .csv, .tsv, .jsonl or .parquet',
  image: 'a folder of pictures, or a .zip of one',
  audio: 'a folder of .wav files, or a .zip of one',
  boxes: 'a folder of pictures, or a .zip of one',
};

/**
 * The wanted arrays of a file or folder, without their values; what else it holds is neither read nor checked. Throws
 * DatasetError: missing, unknown format, malformed, too large.
 */
export async function openArrayFile(path: string, wanted: Wanted = {}): Promise<ArrayFile> {
  const file = basename(path);
  const found = await stat(path).catch((cause: unknown) => {
    throw new DatasetError(
      'dataset_file',
      'the file is missing',
      { file, wayOut: 'put it beside the manifest' },
      { cause },
    );
  });
  const format = found.isDirectory() ? folder : FORMATS[extname(path).toLowerCase()];
  if (!format) {
    const known = Object.keys(FORMATS).filter(Boolean).join(', ');
    const expected = `${known}, or a folder`;
    throw new DatasetError('dataset_format', 'unknown kind of file', {
      file,
      expected,
      wayOut: 'convert it with numpy.savez',
    });
  }
  if (!found.isFile() && !found.isDirectory()) throw new DatasetError('dataset_file', 'not a file', { file });
  const other = wanted.made?.find(({ source }) => !format.makes.includes(source));
  if (other) {
    const wayOut = 'name the array with array: …, or another file';
    const expected = MATERIAL[other.source];
    throw new DatasetError('dataset_format', `the file has no ${other.source} for ${other.key}`, {
      file,
      expected,
      wayOut,
    });
  }
  const arrays = await format.open(path, wanted);
  try {
    for (const array of arrays.values()) checkSize(file, array);
  } catch (error) {
    arrays.close();
    throw error;
  }
  return arrays;
}

function checkSize(file: string, array: StoredArray): void {
  if (arrayBytes(array) > MAX_ARRAY_BYTES) {
    const expected = `at most ${MAX_ARRAY_BYTES} bytes`;
    throw new DatasetError('dataset_limit', 'array too large', {
      file,
      array: array.name,
      expected,
      got: `${arrayBytes(array)}`,
      wayOut: 'split it over several data sets',
    });
  }
}

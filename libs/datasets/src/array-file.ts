import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { DatasetError } from './errors.js';
import { MAX_ARRAY_BYTES } from './limits.js';
import { openNpyFile } from './npy-file.js';
import { openNpz } from './npz.js';
import { openSafetensors } from './safetensors.js';
import { arrayBytes, type ArrayFile, type StoredArray, type Wanted } from './stored-array.js';

/** Readers by file extension. To add a format, add its line. */
const FORMATS: Record<string, (path: string, wanted: Wanted) => Promise<ArrayFile>> = {
  '.npz': openNpz,
  '.npy': openNpyFile,
  '.safetensors': openSafetensors,
};

/**
 * The wanted arrays of a file, without their values; what else it holds is neither read nor checked. Throws DatasetError: missing, unknown
 * format, malformed, too large.
 */
export async function openArrayFile(path: string, wanted?: ReadonlySet<string>): Promise<ArrayFile> {
  const file = basename(path);
  const format = FORMATS[extname(path).toLowerCase()];
  if (!format)
    throw new DatasetError('dataset_format', 'unknown kind of file', {
      file,
      expected: Object.keys(FORMATS).join(', '),
      wayOut: 'convert it with numpy.savez',
    });
  const found = await stat(path).catch((cause: unknown) => {
    throw new DatasetError(
      'dataset_file',
      'the file is missing',
      { file, wayOut: 'put it beside the manifest' },
      { cause },
    );
  });
  if (!found.isFile()) throw new DatasetError('dataset_file', 'not a file', { file });
  const arrays = await format(path, wanted);
  for (const array of arrays.values()) checkSize(file, array);
  return arrays;
}

function checkSize(file: string, array: StoredArray): void {
  if (arrayBytes(array) > MAX_ARRAY_BYTES) {
    throw new DatasetError('dataset_limit', 'array too large', {
      file,
      array: array.name,
      expected: `at most ${MAX_ARRAY_BYTES} bytes`,
      got: `${arrayBytes(array)}`,
      wayOut: 'split it over several data sets',
    });
  }
}

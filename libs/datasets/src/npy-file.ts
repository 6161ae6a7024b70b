import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { DatasetError } from './errors.js';
import { npyFile } from './npy-array.js';
import { elementBytes, NPY_HEADER_PROBE_BYTES, readNpyHeader, type NpyHeader } from './npy.js';
import { fileRows } from './rows.js';
import type { ArrayFile } from './stored-array.js';

/** A lone npy file holds one array, named after the file: `images.npy` holds `images`. */
export async function openNpyFile(path: string): Promise<ArrayFile> {
  const file = basename(path);
  const name = basename(path, '.npy');
  const handle = await open(path, 'r');
  try {
    const probe = Buffer.alloc(NPY_HEADER_PROBE_BYTES);
    const { bytesRead } = await handle.read(probe, 0, probe.length, 0);
    const header = readNpyHeader(probe.subarray(0, bytesRead), { file, array: name });
    const { size } = await handle.stat();
    const expected = npyBytes(header);
    if (size !== expected)
      throw new DatasetError('dataset_format', 'size of the file', {
        file,
        expected: `${expected} bytes`,
        got: `${size}`,
        wayOut: 'the file may be truncated: copy it again',
      });
    const openBytes = async () => fileRows(path, header.dataOffset, 1);
    return npyFile([name], [{ name, file, header, openBytes }]);
  } finally {
    await handle.close();
  }
}

/** Bytes of a whole npy file. */
export function npyBytes({ dataOffset, dims, element }: NpyHeader): number {
  return dims.reduce((product, dim) => product * dim, elementBytes(element)) + dataOffset;
}

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { DatasetError } from './errors.js';
import { NPY_HEADER_PROBE_BYTES, readNpyHeader } from './npy.js';
import { fileRows } from './rows.js';
import { arrayBytes, ArrayFile, rowBytes } from './stored-array.js';

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
    const expected = header.dataOffset + arrayBytes(header);
    if (size !== expected)
      throw new DatasetError('dataset_format', 'size of the file', {
        file,
        expected: `${expected} bytes`,
        got: `${size}`,
        wayOut: 'the file may be truncated: copy it again',
      });
    return new ArrayFile(
      [name],
      [
        [
          name,
          {
            name,
            dtype: header.dtype,
            dims: header.dims,
            openRows: async () => fileRows(path, header.dataOffset, rowBytes(header)),
          },
        ],
      ],
    );
  } finally {
    await handle.close();
  }
}

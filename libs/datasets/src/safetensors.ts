import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import type { DtypeName } from './dtype.js';
import { DatasetError } from './errors.js';
import { MAX_ARRAYS_PER_FILE, MAX_AXES, MAX_SAFETENSORS_HEADER_BYTES } from './limits.js';
import { fileRows } from './rows.js';
import { arrayBytes, ArrayFile, rowBytes, type StoredArray, type Wanted } from './stored-array.js';

const LENGTH_BYTES = 8;

const DTYPE_OF: Partial<Record<string, DtypeName>> = {
  BOOL: 'b1',
  U8: 'u1',
  I8: 'i1',
  U16: 'u2',
  I16: 'i2',
  U32: 'u4',
  I32: 'i4',
  U64: 'u8',
  I64: 'i8',
  F16: 'f2',
  BF16: 'bf16',
  F32: 'f4',
  F64: 'f8',
};

const Header = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int().min(0)).max(MAX_AXES),
    data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
  }),
);

/**
 * Tensors of a safetensors file (an 8-byte length, a JSON header, the data); each stays in the file until it is read.
 */
export async function openSafetensors(
  path: string,
  { names: wanted, readableOnly = false }: Wanted = {},
): Promise<ArrayFile> {
  const file = basename(path);
  const { header, dataOffset, size } = await readHeader(path, file);
  const names = Object.keys(header);
  const arrays = Object.entries(header)
    .filter(([name]) => !wanted || wanted.has(name))
    .filter(([, { dtype }]) => !readableOnly || DTYPE_OF[dtype] !== undefined)
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [begin, end],
        },
      ]): [string, StoredArray] => {
        const known = DTYPE_OF[dtype];
        if (!known) {
          const known = Object.keys(DTYPE_OF).join(', ');
          throw new DatasetError('dataset_dtype', 'element type without a place in a model', {
            file,
            array: name,
            expected: `one of ${known}`,
            got: dtype,
            wayOut: 'save it as one of them',
          });
        }
        const layout = { dtype: known, dims: shape };
        if (end - begin !== arrayBytes(layout) || dataOffset + end > size) {
          const expected = `${arrayBytes(layout)} inside the file`;
          throw new DatasetError('dataset_format', 'bytes of the tensor', {
            file,
            array: name,
            expected,
            got: `${begin}..${end}`,
          });
        }
        return [name, { name, ...layout, openRows: async () => fileRows(path, dataOffset + begin, rowBytes(layout)) }];
      },
    );
  return new ArrayFile(names, arrays);
}

async function readHeader(
  path: string,
  file: string,
): Promise<{ header: z.infer<typeof Header>; dataOffset: number; size: number }> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const prefix = Buffer.alloc(LENGTH_BYTES);
    await handle.read(prefix, 0, LENGTH_BYTES, 0);
    const length = Number(prefix.readBigUInt64LE());
    if (length > MAX_SAFETENSORS_HEADER_BYTES)
      throw new DatasetError('dataset_limit', 'safetensors header too long', {
        file,
        expected: `at most ${MAX_SAFETENSORS_HEADER_BYTES} bytes`,
        got: `${length}`,
      });
    if (LENGTH_BYTES + length > size)
      throw new DatasetError('dataset_format', 'truncated inside the safetensors header', { file });
    const text = Buffer.alloc(length);
    await handle.read(text, 0, length, LENGTH_BYTES);
    return { header: parseHeader(text.toString('utf8'), file), dataOffset: LENGTH_BYTES + length, size };
  } finally {
    await handle.close();
  }
}

function parseHeader(text: string, file: string): z.infer<typeof Header> {
  try {
    const header = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    const { __metadata__: _, ...tensors } = header;
    if (Object.keys(tensors).length > MAX_ARRAYS_PER_FILE)
      throw new DatasetError('dataset_limit', 'too many tensors', { file, expected: `at most ${MAX_ARRAYS_PER_FILE}` });
    return Header.parse(tensors);
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    throw new DatasetError('dataset_format', 'not a safetensors header', { file }, { cause });
  }
}

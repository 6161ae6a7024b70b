import { DTYPES, type DtypeName } from './dtype.js';
import { DatasetError } from './errors.js';
import { MAX_AXES, MAX_NPY_HEADER_BYTES } from './limits.js';
import type { ArrayLayout } from './stored-array.js';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const VERSION_1_PREFIX_BYTES = 10;
const VERSION_2_PREFIX_BYTES = 12;

export interface NpyHeader extends ArrayLayout {
  /** Bytes before the first element. */
  dataOffset: number;
}

/** Bytes that hold any header that readNpyHeader accepts. */
export const NPY_HEADER_PROBE_BYTES = VERSION_2_PREFIX_BYTES + MAX_NPY_HEADER_BYTES;

/**
 * Reads the header at the start of an npy file (NEP 1; versions 1 to 3). Throws DatasetError for what is not npy, for
 * element types without a place in a model (strings, objects, complex), for big-endian and for Fortran order.
 */
export function readNpyHeader(bytes: Uint8Array, where: { file: string; array: string }): NpyHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < VERSION_1_PREFIX_BYTES || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new DatasetError('dataset_format', 'not an npy array', {
      ...where,
      wayOut: 'write it with numpy.save or numpy.savez',
    });
  }
  const prefix = buffer[6] === 1 ? VERSION_1_PREFIX_BYTES : VERSION_2_PREFIX_BYTES;
  const length =
    buffer[6] === 1
      ? buffer.readUInt16LE(8)
      : buffer.length >= VERSION_2_PREFIX_BYTES
        ? buffer.readUInt32LE(8)
        : Infinity;
  if (length > MAX_NPY_HEADER_BYTES) {
    throw new DatasetError('dataset_limit', 'npy header too long', {
      ...where,
      expected: `at most ${MAX_NPY_HEADER_BYTES} bytes`,
      got: `${length}`,
    });
  }
  const dataOffset = prefix + length;
  if (buffer.length < dataOffset) throw new DatasetError('dataset_format', 'truncated inside the npy header', where);
  return { ...parseDescription(buffer.toString('latin1', prefix, dataOffset), where), dataOffset };
}

/** An npy file of version 1.0 for little-endian values in C order. */
export function writeNpy(dtype: DtypeName, dims: readonly number[], data: ArrayBufferView): Uint8Array {
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const text = `{'descr': '${DTYPES[dtype].bytes === 1 ? '|' : '<'}${dtype}', 'fortran_order': False, 'shape': (${shape}), }`;
  const padded = Math.ceil((VERSION_1_PREFIX_BYTES + text.length + 1) / 64) * 64 - VERSION_1_PREFIX_BYTES;
  const prefix = Buffer.alloc(VERSION_1_PREFIX_BYTES);
  MAGIC.copy(prefix);
  prefix[6] = 1;
  prefix.writeUInt16LE(padded, 8);
  return Buffer.concat([
    prefix,
    Buffer.from(`${text.padEnd(padded - 1)}\n`, 'latin1'),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

function parseDescription(text: string, where: { file: string; array: string }): ArrayLayout {
  const descr = /'descr'\s*:\s*'([<>|=]?)([a-zA-Z])(\d*)'/.exec(text);
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (!fortran || !shape || !/'descr'\s*:/.test(text))
    throw new DatasetError('dataset_format', 'the npy header lacks descr, fortran_order or shape', where);
  const dtype = descr ? `${descr[2]}${descr[3]}` : 'a record';
  if (!isDtype(dtype)) {
    throw new DatasetError('dataset_dtype', 'element type without a place in a model', {
      ...where,
      expected: `one of ${Object.keys(DTYPES).join(', ')}`,
      got: dtype,
      wayOut: 'convert it with numpy astype',
    });
  }
  if (descr![1] === '>') {
    throw new DatasetError('dataset_dtype', 'byte order', {
      ...where,
      expected: 'little-endian',
      got: 'big-endian',
      wayOut: `convert it with astype("<${dtype}")`,
    });
  }
  const dims = shape[1]!
    .split(',')
    .map((dim) => dim.replace('L', '').trim())
    .filter(Boolean)
    .map(Number);
  if (dims.length > MAX_AXES || dims.some((dim) => !Number.isSafeInteger(dim))) {
    throw new DatasetError('dataset_limit', 'shape', {
      ...where,
      expected: `at most ${MAX_AXES} axes of safe integers`,
      got: `(${shape[1]})`,
    });
  }
  if (fortran[1] === 'True' && dims.filter((dim) => dim > 1).length > 1) {
    throw new DatasetError('dataset_format', 'element order', {
      ...where,
      expected: 'C order',
      got: 'Fortran order',
      wayOut: 'write numpy.ascontiguousarray of it',
    });
  }
  return { dtype, dims };
}

function isDtype(name: string): name is DtypeName {
  return Object.hasOwn(DTYPES, name);
}

import { DTYPES, type DtypeName } from './dtype.js';
import { DatasetError } from './errors.js';
import { MAX_AXES, MAX_NPY_HEADER_BYTES } from './limits.js';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const VERSION_1_PREFIX_BYTES = 10;
const VERSION_2_PREFIX_BYTES = 12;

/** What one element of an npy array is: a number, or text of a fixed length in bytes (NumPy's S) or code points (U). */
export type NpyElement = { dtype: DtypeName } | { text: 'S' | 'U'; length: number };

export interface NpyHeader {
  element: NpyElement;
  dims: number[];
  isBigEndian: boolean;
  /** The first axis runs fastest; false where that makes no difference. */
  isFortran: boolean;
  /** Bytes before the first element. */
  dataOffset: number;
}

/** Bytes that hold any header that readNpyHeader accepts. */
export const NPY_HEADER_PROBE_BYTES = VERSION_2_PREFIX_BYTES + MAX_NPY_HEADER_BYTES;

/**
 * Reads the header at the start of an npy file (NEP 1; versions 1 to 3). Throws DatasetError for what is not npy, and
 * for element types without a place in a data set (objects, records, complex).
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
  const header = Buffer.from(`${text.padEnd(padded - 1)}\n`, 'latin1');
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([prefix, header, bytes]);
}

/** Bytes of one element in the file. */
export function elementBytes(element: NpyElement): number {
  if ('dtype' in element) return DTYPES[element.dtype].bytes;
  return element.length * (element.text === 'U' ? CODE_POINT_BYTES : 1);
}

const CODE_POINT_BYTES = 4;
/** A label is a word or a few. */
const MAX_TEXT_LENGTH = 1000;

function parseDescription(text: string, where: { file: string; array: string }): Omit<NpyHeader, 'dataOffset'> {
  const descr = /'descr'\s*:\s*'([<>|=]?)([a-zA-Z])(\d*)'/.exec(text);
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (!fortran || !shape || !/'descr'\s*:/.test(text))
    throw new DatasetError('dataset_format', 'the npy header lacks descr, fortran_order or shape', where);
  const [, order = '', kind = '', bytes = ''] = descr ?? [];
  const dims = parseShape(shape[1] ?? '', where);
  const hasManyAxes = dims.filter((dim) => dim > 1).length > 1;
  const isFortran = fortran[1] === 'True' && hasManyAxes;
  return { element: elementOf(kind, bytes, where), dims, isBigEndian: order === '>', isFortran };
}

function parseShape(shape: string, where: { file: string; array: string }): number[] {
  const sizes = shape.split(',').map((dim) => dim.replace('L', '').trim());
  const dims = sizes.filter(Boolean).map(Number);
  if (dims.length > MAX_AXES || dims.some((dim) => !Number.isSafeInteger(dim))) {
    throw new DatasetError('dataset_limit', 'shape', {
      ...where,
      expected: `at most ${MAX_AXES} axes of safe integers`,
      got: `(${shape})`,
    });
  }
  return dims;
}

function elementOf(kind: string, bytes: string, where: { file: string; array: string }): NpyElement {
  const dtype = kind === '' ? 'a record' : `${kind}${bytes}`;
  if (isDtype(dtype)) return { dtype };
  const length = Number(bytes);
  if ((kind === 'U' || kind === 'S') && length <= MAX_TEXT_LENGTH) return { text: kind, length };
  const known = Object.keys(DTYPES)
    .filter((name) => name !== 'bf16')
    .join(', ');
  throw new DatasetError('dataset_dtype', 'element type without a place in a model', {
    ...where,
    expected: `one of ${known}, or words as labels`,
    got: dtype,
    wayOut: 'convert it with numpy astype',
  });
}

function isDtype(name: string): name is DtypeName {
  return name !== 'bf16' && Object.hasOwn(DTYPES, name);
}

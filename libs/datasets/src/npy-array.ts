import { DTYPES } from './dtype.js';
import { DatasetError } from './errors.js';
import { elementBytes, type NpyHeader } from './npy.js';
import { turnedRows, type Rows } from './rows.js';
import { ArrayFile, rowBytes, type StoredArray, type StoredWords } from './stored-array.js';
import { Appender, TemporaryFile } from './temporary-file.js';

/** A header that was read, and how the bytes behind it are opened: as rows of one byte each. */
export interface NpyEntry {
  name: string;
  file: string;
  header: NpyHeader;
  openBytes(): Promise<Rows>;
}

/** Arrays and words of the npy arrays of a file; `names` are all that it holds. */
export function npyFile(names: readonly string[], entries: readonly NpyEntry[]): ArrayFile {
  const arrays: [string, StoredArray][] = [];
  const words: [string, StoredWords][] = [];
  for (const entry of entries) {
    if ('dtype' in entry.header.element) arrays.push([entry.name, storedArray(entry, entry.header.element.dtype)]);
    else words.push([entry.name, storedWords(entry)]);
  }
  return new ArrayFile(names, arrays, { words });
}

function storedArray(entry: NpyEntry, dtype: StoredArray['dtype']): StoredArray {
  const { name, header } = entry;
  const layout = { dtype, dims: header.dims };
  return { name, ...layout, openRows: async () => rowsOf(await cOrder(entry), header, rowBytes(layout)) };
}

/** Rows of whole samples over rows of single bytes, in this machine's byte order. */
function rowsOf(bytes: Rows, header: NpyHeader, width: number): Rows {
  const size = elementBytes(header.element);
  const read: Rows['read'] = (row, target) => bytes.read(row * width, target);
  const rows: Rows = { read, close: () => bytes.close() };
  return header.isBigEndian && size > 1 ? turnedRows(rows, width, width, (values) => swapped(values, size)) : rows;
}

function swapped(values: Uint8Array, size: number): Uint8Array {
  for (let at = 0; at < values.length; at += size) values.subarray(at, at + size).reverse();
  return values;
}

/** Bytes that rows in C order take at a time while they are put in order. */
const CHUNK_BYTES = 32 * 1024 ** 2;

/** The bytes in C order: those of an array in Fortran order are written anew to a temporary file. */
async function cOrder({ header, openBytes }: NpyEntry): Promise<Rows> {
  const bytes = await openBytes();
  if (!header.isFortran) return bytes;
  const file = await TemporaryFile.create();
  try {
    const out = new Appender(file);
    for (const rows of reordered(bytes, header)) out.append(rows);
    out.flush();
    return { read: (position, target) => file.read(target, position), close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  } finally {
    bytes.close();
  }
}

function* reordered(bytes: Rows, { dims, element }: NpyHeader): Generator<Uint8Array> {
  const [count = 0, ...rest] = dims;
  const size = elementBytes(element);
  const places = fortranPlaces(rest);
  const step = Math.max(1, Math.floor(CHUNK_BYTES / Math.max(1, places.length * size)));
  for (let first = 0; first < count; first += step) {
    const rows = Math.min(step, count - first);
    const chunk = new Uint8Array(rows * places.length * size);
    const column = new Uint8Array(rows * size);
    places.forEach((place, index) => {
      bytes.read((index * count + first) * size, column);
      for (let row = 0; row < rows; row++) {
        const element = column.subarray(row * size, (row + 1) * size);
        chunk.set(element, (row * places.length + place) * size);
      }
    });
    yield chunk;
  }
}

/** Where in C order each element of a sample lies, in Fortran order. */
function fortranPlaces(dims: readonly number[]): Int32Array {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return Int32Array.from({ length: count }, (_, index) => {
    let rest = index;
    let place = 0;
    for (const dim of dims) {
      place = place * dim + (rest % dim);
      rest = Math.floor(rest / dim);
    }
    return place;
  });
}

function storedWords({ name, file, header, openBytes }: NpyEntry): StoredWords {
  const [count = 0, ...rest] = header.dims;
  if (header.dims.length === 0 || rest.some((dim) => dim !== 1))
    throw new DatasetError('dataset_shape', 'one word per sample', {
      file,
      array: name,
      expected: '[samples]',
      got: `[${header.dims}]`,
    });
  return {
    name,
    count,
    async read() {
      const bytes = await openBytes();
      try {
        const size = elementBytes(header.element);
        const all = new Uint8Array(count * size);
        bytes.read(0, all);
        const wordAt = (i: number) => wordIn(all.subarray(i * size, (i + 1) * size), header);
        return Array.from({ length: count }, (_, i) => wordAt(i));
      } finally {
        bytes.close();
      }
    },
  };
}

/** Text of a fixed length: what is shorter ends in zeros. */
function wordIn(bytes: Uint8Array, { element, isBigEndian }: NpyHeader): string {
  if ('dtype' in element)
    throw new DatasetError('dataset_dtype', `an element of ${DTYPES[element.dtype].host} is no word`);
  if (element.text === 'S') return Buffer.from(bytes).toString('utf8').replace(/\0+$/, '');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pointAt = (i: number) => view.getUint32(i * 4, !isBigEndian);
  const points = Array.from({ length: element.length }, (_, i) => pointAt(i));
  const valid = points.filter((point) => point > 0 && point <= 0x10ffff);
  return valid.map((point) => String.fromCodePoint(point)).join('');
}

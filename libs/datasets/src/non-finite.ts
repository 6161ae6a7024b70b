import { DTYPES, type DtypeName } from './dtype.js';
import type { Rows } from './rows.js';
import { rowBytes, type ArrayLayout } from './stored-array.js';

/** Values of an array that are no numbers or infinite: the first of them, and how many samples hold any. */
export interface NonFinite {
  /** Row of the array. */
  sample: number;
  /** Place within the sample, in row-major order. */
  element: number;
  value: number;
  samples: number;
}

/** Read at a time, at least one row. */
const CHUNK_BYTES = 4 * 1024 ** 2;
const FLOATS: ReadonlySet<DtypeName> = new Set<DtypeName>(['f2', 'f4', 'f8']);

/** Looks at `count` rows from `start` on; null when all values are finite, as those of integers are. */
export function findNonFinite(rows: Rows, array: ArrayLayout, start: number, count: number): NonFinite | null {
  if (!FLOATS.has(array.dtype)) return null;
  let found: NonFinite | null = null;
  for (const { first, size, values } of chunks(rows, array, start, count)) {
    const width = values.length / size;
    for (let row = 0; row < size; row++) {
      const element = firstNonFinite(values, row * width, width);
      if (element < 0) continue;
      found ??= { sample: first + row, element, value: Number(values[row * width + element]), samples: 0 };
      found.samples += 1;
    }
  }
  return found;
}

function* chunks(
  rows: Rows,
  array: ArrayLayout,
  start: number,
  count: number,
): Generator<{ first: number; size: number; values: ArrayLike<number | bigint> }> {
  const width = rowBytes(array);
  const step = Math.max(1, Math.floor(CHUNK_BYTES / Math.max(1, width)));
  for (let first = start; first < start + count; first += step) {
    const size = Math.min(step, start + count - first);
    const bytes = new Uint8Array(size * width);
    rows.read(first, bytes);
    yield { first, size, values: DTYPES[array.dtype].decode(bytes.buffer) };
  }
}

function firstNonFinite(values: ArrayLike<number | bigint>, offset: number, length: number): number {
  for (let i = 0; i < length; i++) if (!Number.isFinite(values[offset + i] as number)) return i;
  return -1;
}

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
const FLOATS: ReadonlySet<DtypeName> = new Set<DtypeName>(['f2', 'bf16', 'f4', 'f8']);

/** Samples that are looked at: `count` of them from `start` on, or the rows that are listed, counted from `start`. */
interface Looked {
  start: number;
  count: number;
  rows?: Uint32Array;
}

/** Looks at the samples of a split; null when all values are finite, as those of integers are. */
export async function findNonFinite(rows: Rows, array: ArrayLayout, looked: Looked): Promise<NonFinite | null> {
  if (!FLOATS.has(array.dtype)) return null;
  const width = rowBytes(array);
  const step = Math.max(1, Math.floor(CHUNK_BYTES / Math.max(1, width)));
  let found: NonFinite | null = null;
  for (let first = 0; first < looked.count; first += step) {
    const size = Math.min(step, looked.count - first);
    const placeOf = (sample: number) => looked.start + (looked.rows?.[sample] ?? sample);
    const places = Array.from({ length: size }, (_, i) => placeOf(first + i));
    const values = await valuesOf(rows, array, places, width);
    const elements = values.length / size;
    for (const [row, sample] of places.entries()) {
      const element = firstNonFinite(values, row * elements, elements);
      if (element < 0) continue;
      found ??= { sample, element, value: Number(values[row * elements + element]), samples: 0 };
      found.samples += 1;
    }
  }
  return found;
}

async function valuesOf(
  rows: Rows,
  array: ArrayLayout,
  places: readonly number[],
  width: number,
): Promise<ArrayLike<number | bigint>> {
  await rows.load?.(places);
  const bytes = new Uint8Array(places.length * width);
  const [first = 0] = places;
  if (places.at(-1) === first + places.length - 1) rows.read(first, bytes);
  else {
    const targetOf = (i: number) => bytes.subarray(i * width, (i + 1) * width);
    places.forEach((place, i) => rows.read(place, targetOf(i)));
  }
  return DTYPES[array.dtype].decode(bytes.buffer);
}

function firstNonFinite(values: ArrayLike<number | bigint>, offset: number, length: number): number {
  for (let i = 0; i < length; i++) if (!Number.isFinite(values[offset + i] as number)) return i;
  return -1;
}

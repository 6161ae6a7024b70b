import { DTYPES, type HostData } from './dtype.js';
import { DatasetError } from './errors.js';
import type { Rows } from './rows.js';
import type { SplitArrays } from './split.js';
import { rowBytes, type StoredArray } from './stored-array.js';

/** Places of samples: listed, or as many as are asked for from the first on. */
export type Places = Uint32Array | number;

/** Places in a split as rows of its range. */
export function rowsInRange({ rows }: SplitArrays, places: Places, size: number): Places {
  if (!rows) return places;
  if (typeof places === 'number') return rows.subarray(places, places + size);
  return places.map((place) => rows[place] ?? 0);
}

/**
 * Rows at `places` of an array, counted from `start`, as host values. Throws DatasetError for one that cannot be
 * decoded.
 */
export async function gather(
  rows: Rows,
  array: StoredArray,
  start: number,
  places: Places,
  size: number,
): Promise<HostData> {
  const width = rowBytes(array);
  const bytes = new Uint8Array(size * width);
  await rows.load?.(listed(start, places, size));
  if (typeof places === 'number') rows.read(start + places, bytes);
  else {
    const targetOf = (i: number) => bytes.subarray(i * width, (i + 1) * width);
    places.forEach((row, i) => rows.read(start + row, targetOf(i)));
  }
  return DTYPES[array.dtype].decode(bytes.buffer);
}

function listed(start: number, places: Places, size: number): number[] {
  const placeOf = (i: number) => (typeof places === 'number' ? places + i : (places[i] ?? 0));
  return Array.from({ length: size }, (_, i) => start + placeOf(i));
}

/**
 * Refuses a NaN, which is no value of a sample: whatever is measured or learnt of it would be NaN too. An infinity may
 * be a mask.
 */
export function refuseNaN(split: SplitArrays, array: StoredArray, data: HostData, places: Places, size: number): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  const wrong = firstNaN(data);
  if (wrong < 0) return;
  const row = Math.floor(wrong / (data.length / size));
  const sample = split.start + (typeof places === 'number' ? places + row : (places[row] ?? 0));
  throw new DatasetError('dataset_value', `sample ${sample} holds NaN`, {
    file: split.file,
    array: array.name,
    wayOut: 'mend the sample or leave it out, or correct the preprocessing that makes it',
  });
}

/** Only a NaN is another number than itself. */
function firstNaN(data: Float32Array | Float64Array): number {
  for (let i = 0; i < data.length; i++) if (data[i] !== data[i]) return i;
  return -1;
}

/** Names file and array of a DatasetError that knows neither. */
export async function placed<T>({ file }: SplitArrays, { name }: StoredArray, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DatasetError && error.file === undefined ? error.at({ file, array: name }) : error;
  }
}

import { DTYPES, type DtypeName } from './dtype.js';
import type { Rows } from './rows.js';

/** What an array is, without its values. */
export interface ArrayLayout {
  dtype: DtypeName;
  dims: number[];
}

/** An array in a file: its layout is known, its values are read when its rows are opened. */
export interface StoredArray extends ArrayLayout {
  name: string;
  openRows(): Promise<Rows>;
}

/** The arrays of one file by name; a reader of a format returns this. */
export type ArrayFile = Map<string, StoredArray>;

/** Bytes of one row: everything but the first axis. */
export function rowBytes({ dtype, dims }: ArrayLayout): number {
  return dims.slice(1).reduce((product, dim) => product * dim, DTYPES[dtype].bytes);
}

/** Bytes of a whole array. */
export function arrayBytes({ dtype, dims }: ArrayLayout): number {
  return dims.reduce((product, dim) => product * dim, DTYPES[dtype].bytes);
}

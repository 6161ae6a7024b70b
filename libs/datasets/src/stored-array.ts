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

/** Arrays of one file by name; a reader of a format returns this. Of arrays that nobody asked for it holds the names alone. */
export class ArrayFile extends Map<string, StoredArray> {
  constructor(
    readonly names: readonly string[],
    arrays: Iterable<[string, StoredArray]> = [],
  ) {
    super(arrays);
  }
}

/** Names of the arrays that are asked for; without it, all. */
export type Wanted = ReadonlySet<string> | undefined;

/** Bytes of one row: everything but the first axis. */
export function rowBytes({ dtype, dims }: ArrayLayout): number {
  return dims.slice(1).reduce((product, dim) => product * dim, DTYPES[dtype].bytes);
}

/** Bytes of a whole array. */
export function arrayBytes({ dtype, dims }: ArrayLayout): number {
  return dims.reduce((product, dim) => product * dim, DTYPES[dtype].bytes);
}

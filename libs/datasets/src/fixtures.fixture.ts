import { join } from 'node:path';
import { openArrayFile } from './array-file.js';
import { DTYPES } from './dtype.js';
import { rowBytes } from './stored-array.js';

/** Files that were made by public tools: see libs/datasets/fixtures/make.py. */
export const fixture = (name: string): string => join(process.cwd(), 'libs/datasets/fixtures/files', name);

/** An array of one of those files, whole. */
export async function fixtureArray(file: string, name: string): Promise<{ dims: number[]; data: number[] }> {
  const arrays = await openArrayFile(fixture(file), { names: new Set([name]) });
  const array = arrays.get(name)!;
  const rows = await array.openRows();
  const bytes = new Uint8Array(rowBytes(array) * array.dims[0]!);
  rows.read(0, bytes);
  rows.close();
  const values = DTYPES[array.dtype].decode(bytes.buffer) as Float32Array;
  return { dims: array.dims, data: Array.from(values, Number) };
}

/** The largest distance of two arrays. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

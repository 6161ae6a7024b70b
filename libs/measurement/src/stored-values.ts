import { rowsOfRun, type InputRows } from '#contracts';
import { ARRAYS, type NumberArray } from '#numbers';

/**
 * What run `index` feeds to an input from a file of samples, which go round. Null for an input that the file does not
 * hold, or whose rows are not of its type and size.
 */
export function storedValues(
  file: Uint8Array,
  rows: readonly InputRows[],
  { name, type, count, index }: { name: string; type: string; count: number; index: number },
): NumberArray | null {
  const row = rows.find((each) => each.name === name);
  if (!row || !isElementType(type)) return null;
  const make = ARRAYS[type];
  const bytes = count * make.BYTES_PER_ELEMENT;
  const batch = bytes / row.rowBytes;
  if (!Number.isInteger(batch)) return null;
  const values = new Uint8Array(bytes);
  for (const [at, { start, end }] of (rowsOfRun(rows, name, { index, batch }) ?? []).entries())
    values.set(file.subarray(start, end), at * row.rowBytes);
  return new make(values.buffer);
}

const isElementType = (type: string): type is keyof typeof ARRAYS => Object.hasOwn(ARRAYS, type);

import { DatasetError } from '../errors.js';

/** Where a cell stands, for messages. */
export interface CellPlace {
  file: string;
  column: string;
  row: number;
}

const INTEGER = /^[-+]?\d+$/;

/**
 * The number in a cell, or null for one that holds none. Throws DatasetError for an integer that a float64 does not
 * hold.
 */
export function numberIn(cell: unknown, place: CellPlace): number | null {
  const value = nearestNumber(cell);
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  if (typeof cell === 'bigint') return refuseLong(cell, place);
  return typeof cell === 'string' && INTEGER.test(cell.trim()) ? refuseLong(cell.trim(), place) : value;
}

/** The same for who serves floats: an integer is rounded as any other number. */
export function nearestNumber(cell: unknown): number | null {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'boolean' || typeof cell === 'bigint') return Number(cell);
  if (typeof cell !== 'string') return null;
  const text = cell.trim();
  if (/^[-+]?nan$/i.test(text)) return NaN;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? null : value;
}

/**
 * The numbers of a cell that is a list, of lists as well, in row-major order, with its shape; null for one that is
 * none. Throws DatasetError for what is no number, and for lists that are not equally long or deep.
 */
export function numbersIn(cell: unknown, place: CellPlace): { values: number[]; dims: number[] } | null {
  if (ArrayBuffer.isView(cell) && !(cell instanceof DataView)) return numbersIn(Array.from(cell as Uint8Array), place);
  if (!Array.isArray(cell)) return null;
  const dims: number[] = [];
  for (let level: unknown = cell; Array.isArray(level); level = level[0]) dims.push(level.length);
  const values: number[] = [];
  const take = (item: unknown, depth: number): void => {
    if (depth === dims.length) values.push(numberIn(item, place) ?? wrongCell(place, item, 'a number'));
    else if (Array.isArray(item) && item.length === dims[depth]) for (const part of item) take(part, depth + 1);
    else wrongCell(place, item, `a list of ${dims[depth]}, as long as those before it in the row`);
  };
  take(cell, 0);
  return { values, dims };
}

/** Throws DatasetError for a cell that does not hold what its column should. */
export function wrongCell({ file, column, row }: CellPlace, cell: unknown, expected: string): never {
  const got = cell === null || cell === undefined || cell === '' ? 'nothing' : told(cell);
  throw new DatasetError('dataset_value', `row ${row}`, {
    file,
    array: column,
    expected,
    got,
    wayOut: 'mend the row or leave it out',
  });
}

const MOST_TOLD = 60;

function told(cell: unknown): string {
  const text = typeof cell === 'string' ? `"${cell}"` : (JSON.stringify(cell, plain) ?? typeof cell);
  return text.length > MOST_TOLD ? `${text.slice(0, MOST_TOLD)}…` : text;
}

const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);

function refuseLong(value: bigint | string, { file, column, row }: CellPlace): never {
  throw new DatasetError('dataset_dtype', `row ${row}`, {
    file,
    array: column,
    expected: 'integers within 2^53',
    got: `${value}`,
    wayOut: 'store the column in an npz, as int64; where it is no integer, write it with a point',
  });
}

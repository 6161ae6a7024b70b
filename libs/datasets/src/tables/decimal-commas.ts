import { DatasetError } from '../errors.js';
import type { CellPlace } from './cell.js';
import type { Row } from './row.js';

const COMMA = /^[-+]?\d*,\d+(?:e[-+]?\d+)?$/i;
const POINT = /^[-+]?\d*\.\d+(?:e[-+]?\d+)?$/i;

/** Whether a cell is a number as spreadsheets write it where the decimal mark is a comma: `1,5`. */
export function isCommaNumber(cell: string): boolean {
  return COMMA.test(cell.trim());
}

/** Reads the numbers of a table whose decimal mark is a comma. */
export interface DecimalCommas {
  /** A row of which the cells of some columns are written with points. Throws DatasetError for a number that has one. */
  read(row: Row, columns: readonly string[], index: number): Row;
}

/**
 * The decimal commas of a table whose cells commas do not part: where a column of its first rows has such numbers alone,
 * behind its name; null where none has. A point in such a table may part thousands, so that it is no decimal mark too.
 */
export function decimalCommas(rows: readonly (readonly string[])[], file: string): DecimalCommas | null {
  const [first = [], ...rest] = rows;
  const isWhole = (cell: string) => cell.trim() !== '' && Number.isInteger(Number(cell));
  const isOf = (cells: readonly string[]) =>
    cells.some(isCommaNumber) && cells.every((cell) => isCommaNumber(cell) || isWhole(cell));
  const columns = first.map((_, at) => (rest.length > 0 ? rest : rows).map((cells) => cells[at] ?? ''));
  if (!columns.some(isOf)) return null;
  return {
    read: (row, wanted, index) => ({
      ...row,
      ...Object.fromEntries(wanted.map((column) => [column, withPoint(row[column], { file, column, row: index })])),
    }),
  };
}

function withPoint(cell: unknown, { file, column, row }: CellPlace): unknown {
  if (typeof cell !== 'string') return cell;
  if (isCommaNumber(cell)) return cell.trim().replace(',', '.');
  if (!POINT.test(cell.trim())) return cell;
  throw new DatasetError('dataset_value', `row ${row}`, {
    file,
    array: column,
    expected: 'decimal commas, as in other rows',
    got: `"${cell}"`,
    wayOut: 'write all numbers with one decimal mark and nothing between thousands',
  });
}

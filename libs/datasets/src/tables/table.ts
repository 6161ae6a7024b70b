import type { Made } from '../stored-array.js';
import { DatasetError } from '../errors.js';
import { ArrayFile, type StoredArray, type StoredWords, type Wanted } from '../stored-array.js';
import { CellCollector } from './cell-collector.js';
import { columnsNamed } from './column-names.js';
import type { Row } from './row.js';
import { NumberCollector, TokenCollector } from './number-collector.js';

/** A file of rows. To add a kind: what reads its rows, a line in array-file.ts. */
export interface Table {
  file: string;
  columns: readonly string[];
  /** What a person should know of how it was read. */
  warnings?: readonly string[];
  /** Whether a column is declared to hold floats, whatever its values. */
  isFloat?(column: string): boolean;
  /** The rows, some at a time, with the cells of the columns asked for. */
  rows(columns: readonly string[]): AsyncIterable<readonly Row[]>;
}

/** What takes the cells of one array out of every row. */
interface Collector {
  columns: readonly string[];
  add(row: Row, index: number): void;
  close(): void;
}

/**
 * Reads the wanted columns in one walk over the rows: numbers go to a temporary file, words are kept once each, so
 * memory does not grow with the rows. Throws DatasetError for a cell that does not fit, with its row.
 */
export async function openTable(table: Table, { names, made = [] }: Wanted): Promise<ArrayFile> {
  const { file, columns } = table;
  const cells = new Map<string, CellCollector>();
  const makers = new Map<string, NumberCollector | TokenCollector>();
  const all = (): Collector[] => [...cells.values(), ...makers.values()];
  const close = () => all().forEach((collector) => collector.close());
  try {
    for (const column of columns)
      if (!names || names.has(column))
        cells.set(column, await CellCollector.create(file, column, table.isFloat?.(column) ?? false));
    for (const wanted of made) makers.set(wanted.key, await makerOf(wanted, table));
    await walk(table, all());
    const arrays: [string, StoredArray][] = [...makers].map(([key, maker]) => [key, maker.array()]);
    const words: [string, StoredWords][] = [];
    for (const [column, collector] of cells) {
      const found = collector.result();
      if ('read' in found) words.push([column, found]);
      else arrays.push([column, found]);
    }
    return new ArrayFile(columns, arrays, { words, close, warnings: table.warnings ?? [] });
  } catch (error) {
    close();
    throw error;
  }
}

async function makerOf(made: Made, { file, columns }: Table): Promise<NumberCollector | TokenCollector> {
  if (made.source === 'columns') return NumberCollector.create(file, columnsNamed(made.columns, columns, file));
  if (made.source !== 'tokens')
    throw new DatasetError('dataset_format', `a table has no ${made.source}`, { file, expected: 'columns or tokens' });
  const [column = ''] = columnsNamed([made.form.column], columns, file);
  return TokenCollector.create(file, { ...made.form, column });
}

async function walk(table: Table, collectors: readonly Collector[]): Promise<void> {
  const columns = [...new Set(collectors.flatMap((collector) => collector.columns))];
  let index = 0;
  for await (const rows of table.rows(columns)) {
    for (const row of rows) {
      for (const collector of collectors) collector.add(row, index);
      index += 1;
    }
  }
  if (index === 0)
    throw new DatasetError('dataset_format', 'the table has no rows', {
      file: table.file,
      expected: 'a row for each sample',
    });
}

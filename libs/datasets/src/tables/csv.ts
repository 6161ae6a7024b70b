import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { DatasetError } from '../errors.js';
import { MAX_TABLE_COLUMNS, MAX_TABLE_ROW_BYTES } from '../limits.js';
import type { ArrayFile, Wanted } from '../stored-array.js';
import { decimalCommas, isCommaNumber, type DecimalCommas } from './decimal-commas.js';
import { openTable, type Table } from './table.js';
import type { Row } from './row.js';

const DELIMITERS = [',', ';', '\t'] as const;
/** From so many columns on a first line 0, 1, 2 … is their names: in fewer it may as well be a row. */
const COUNTED_COLUMNS = 3;
/** Rows handed on at a time. */
const ROWS = 256;

/**
 * A table of text: comma, semicolon or tab between the cells, the names of the columns in the first line. Where that
 * line holds numbers alone, the columns are named 0, 1, 2, and so on; where it is 0, 1, 2 and so on itself, it holds
 * these names, as pandas writes them for an array.
 */
export async function openCsv(path: string, wanted: Wanted): Promise<ArrayFile> {
  const file = basename(path);
  const delimiter = extname(path).toLowerCase() === '.tsv' ? '\t' : await delimiterOf(path);
  const sample = await firstRows(path, delimiter, file);
  const [first = []] = sample;
  const isCounted = first.length >= COUNTED_COLUMNS && first.every((cell, index) => cell.trim() === String(index));
  const commas = delimiter === ',' ? null : decimalCommas(sample, file);
  const isNumber = (cell: string) => Number.isFinite(Number(cell)) || (commas !== null && isCommaNumber(cell));
  const hasHeader = isCounted || !first.every((cell) => cell.trim() !== '' && isNumber(cell));
  const columns = hasHeader ? first.map((name) => name.trim()) : first.map((_, index) => String(index));
  checkColumns(columns, file);
  const table: Table = {
    file,
    columns,
    warnings: [
      ...(isCounted ? [`${file}: the first line, 0, 1, 2 and so on, was read as the names of the columns`] : []),
      ...(commas ? [`${file}: its numbers have decimal commas and are read so, 1,5 as one and a half`] : []),
    ],
    rows: (wanted) => rowsOf(path, { delimiter, from: hasHeader ? 2 : 1 }, { columns, wanted, commas }, file),
  };
  return openTable(table, wanted);
}

async function* rowsOf(
  path: string,
  { delimiter, from }: { delimiter: string; from: number },
  { columns, wanted, commas }: { columns: readonly string[]; wanted: readonly string[]; commas: DecimalCommas | null },
  file: string,
): AsyncGenerator<Row[]> {
  let rows: Row[] = [];
  let index = 0;
  for await (const cells of records(path, { delimiter, from }, file)) {
    const row = Object.fromEntries(columns.map((column, at) => [column, cells[at]]));
    rows.push(commas?.read(row, wanted, index) ?? row);
    index += 1;
    if (rows.length < ROWS) continue;
    yield rows;
    rows = [];
  }
  yield rows;
}

async function* records(
  path: string,
  range: { delimiter: string; from?: number; to?: number },
  file: string,
): AsyncGenerator<string[]> {
  const stream = createReadStream(path);
  const parser = parse({ bom: true, skip_empty_lines: true, max_record_size: MAX_TABLE_ROW_BYTES, ...range });
  stream.on('error', (error) => parser.destroy(error));
  try {
    for await (const cells of stream.pipe(parser) as AsyncIterable<string[]>) yield cells;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new DatasetError(
      'dataset_format',
      `not a readable table: ${cause.message}`,
      { file, wayOut: 'write it anew with pandas to_csv(index=False)' },
      { cause },
    );
  } finally {
    stream.destroy();
  }
}

/** The first rows, by which the form of a table is told; at least one. */
async function firstRows(path: string, delimiter: string, file: string): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const cells of records(path, { delimiter, to: ROWS }, file)) rows.push(cells);
  if (rows.length > 0) return rows;
  throw new DatasetError('dataset_format', 'the table is empty', { file, expected: 'a line of column names' });
}

/** The delimiter that the first line has most of. */
async function delimiterOf(path: string): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_TABLE_ROW_BYTES), 0, MAX_TABLE_ROW_BYTES, 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1);
    // What stands in quotes separates nothing.
    const bare = line.replace(/"[^"]*"/g, '');
    // A first line of numbers with decimal commas has more commas than semicolons or tabs between them.
    const apart = (['\t', ';'] as const).find((mark) => isOfCommaNumbers(bare.trim().split(mark)));
    if (apart) return apart;
    const counts = DELIMITERS.map((mark) => bare.split(mark).length);
    return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
  } finally {
    await handle.close();
  }
}

function isOfCommaNumbers(cells: readonly string[]): boolean {
  const isNumber = (cell: string) => isCommaNumber(cell) || (cell.trim() !== '' && Number.isFinite(Number(cell)));
  return cells.length > 1 && cells.some(isCommaNumber) && cells.every(isNumber);
}

function checkColumns(columns: readonly string[], file: string): void {
  if (columns.length > MAX_TABLE_COLUMNS)
    throw new DatasetError('dataset_limit', 'too many columns', {
      file,
      expected: `at most ${MAX_TABLE_COLUMNS}`,
      got: `${columns.length}`,
    });
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined)
    throw new DatasetError('dataset_format', 'two columns of one name', { file, array: twice, wayOut: 'rename one' });
}

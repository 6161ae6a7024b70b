import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { DatasetError } from '../errors.js';
import { MAX_TABLE_ROW_BYTES } from '../limits.js';
import type { ArrayFile, Wanted } from '../stored-array.js';
import { openTable } from './table.js';
import type { Row } from './row.js';

/** A JSON object on each line; its keys are the columns, which the first line names. */
export async function openJsonLines(path: string, wanted: Wanted): Promise<ArrayFile> {
  const file = basename(path);
  const columns = await firstKeys(path, file);
  return openTable({ file, columns, rows: () => rowsOf(path, file) }, wanted);
}

async function firstKeys(path: string, file: string): Promise<string[]> {
  for await (const [row] of rowsOf(path, file)) if (row) return Object.keys(row);
  throw new DatasetError('dataset_format', 'the table is empty', { file, expected: 'a JSON object on each line' });
}

async function* rowsOf(path: string, file: string): AsyncGenerator<Row[]> {
  let line = 0;
  for await (const lines of linesOf(path, file)) {
    yield lines.flatMap((text) => {
      line += 1;
      return text.trim() === '' ? [] : [rowIn(text, line, file)];
    });
  }
}

/** Whole lines, as many as a piece of the file ends. */
async function* linesOf(path: string, file: string): AsyncGenerator<string[]> {
  let rest = '';
  let isFirst = true;
  for await (const piece of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    // Editors of Windows begin a file with a mark of its encoding.
    const text = isFirst ? piece.replace(/^\uFEFF/, '') : piece;
    isFirst = false;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_TABLE_ROW_BYTES)
      throw new DatasetError('dataset_limit', 'line too long', {
        file,
        expected: `at most ${MAX_TABLE_ROW_BYTES} bytes`,
      });
    yield lines;
  }
  yield [rest];
}

function rowIn(text: string, line: number, file: string): Row {
  const wrong = (cause?: unknown) =>
    new DatasetError('dataset_format', `line ${line} is no JSON object`, { file }, { cause });
  let value: unknown;
  try {
    value = parsed(text);
  } catch (cause) {
    throw wrong(cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong();
  return value as Row;
}

/** An integer that may be too long for a float64. */
const LONG_INTEGER = /(?<![\w.+-])-?\d{16,}(?![\w.])/g;

/** What a line says; integers that a float64 does not hold are bigint, so that who reads them can tell. */
function parsed(text: string): unknown {
  const found = [...text.matchAll(LONG_INTEGER)].map(([digits]) => BigInt(digits));
  const lost = new Map(
    found.filter((exact) => !Number.isSafeInteger(Number(exact))).map((exact) => [Number(exact), exact]),
  );
  const exactly = (_key: string, value: unknown) => (typeof value === 'number' ? (lost.get(value) ?? value) : value);
  return lost.size === 0 ? JSON.parse(text) : JSON.parse(text, exactly);
}

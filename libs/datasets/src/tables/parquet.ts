import { basename } from 'node:path';
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type FileMetaData,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DatasetError } from '../errors.js';
import { MAX_PARQUET_GROUP_BYTES, MAX_TABLE_COLUMNS } from '../limits.js';
import type { ArrayFile, Wanted } from '../stored-array.js';
import { openTable } from './table.js';
import type { Row } from './row.js';

/** A Parquet file, read one row group at a time. */
export async function openParquet(path: string, wanted: Wanted): Promise<ArrayFile> {
  const file = basename(path);
  const source = await asyncBufferFromFile(path);
  const metadata = await readable(file, () => parquetMetadataAsync(source));
  const { children } = parquetSchema(metadata);
  if (children.length > MAX_TABLE_COLUMNS)
    throw new DatasetError('dataset_limit', 'too many columns', { file, expected: `at most ${MAX_TABLE_COLUMNS}` });
  const floats = new Set(children.filter(holdsFloats).map(({ element }) => element.name));
  checkGroups(metadata, file);
  return openTable(
    {
      file,
      columns: children.map(({ element }) => element.name),
      isFloat: (column) => floats.has(column),
      async *rows(columns) {
        let rowStart = 0;
        for (const { num_rows: rows } of metadata.row_groups) {
          const rowEnd = rowStart + Number(rows);
          const range = { rowStart, rowEnd, columns: [...columns] };
          yield await readable(
            file,
            () => parquetReadObjects({ file: source, metadata, compressors, ...range }) as Promise<Row[]>,
          );
          rowStart = rowEnd;
        }
      },
    },
    wanted,
  );
}

/** Whether the values of a column, or of the lists in it, are floats. */
function holdsFloats({ element, children }: SchemaTree): boolean {
  return element.type === 'FLOAT' || element.type === 'DOUBLE' || children.some(holdsFloats);
}

function checkGroups({ row_groups: groups }: FileMetaData, file: string): void {
  const bytes = Math.max(0, ...groups.map(({ total_byte_size: size }) => Number(size)));
  if (bytes > MAX_PARQUET_GROUP_BYTES)
    throw new DatasetError('dataset_limit', 'row group too large', {
      file,
      expected: `at most ${MAX_PARQUET_GROUP_BYTES} bytes`,
      got: `${bytes}`,
      wayOut: 'write it anew with smaller groups: pyarrow.parquet.write_table(…, row_group_size=10000)',
    });
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new DatasetError(
      'dataset_format',
      `not a readable Parquet file: ${cause instanceof Error ? cause.message : String(cause)}`,
      { file, wayOut: 'copy it again, or write it anew' },
      { cause },
    );
  }
}

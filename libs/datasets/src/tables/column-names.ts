import { suggestion } from '#contracts';
import { DatasetError } from '../errors.js';

/**
 * Columns of a table as a manifest names them: each by its name, or `first..last` for all from one to the other. Throws
 * DatasetError.
 */
export function columnsNamed(wanted: readonly string[], columns: readonly string[], file: string): string[] {
  return wanted.flatMap((name) => {
    if (columns.includes(name)) return [name];
    const [first = '', last] = name.split('..');
    const [from, to] = [columns.indexOf(first), columns.indexOf(last ?? '')];
    if (from >= 0 && to >= from) return columns.slice(from, to + 1);
    throw new DatasetError('dataset_array', 'the table has no such column', {
      file,
      array: name,
      wayOut: suggestion(name, columns),
    });
  });
}

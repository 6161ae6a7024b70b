import type { TokenForm } from '#contracts';
import type { StoredArray } from '../stored-array.js';
import { nearestNumber, numbersIn, wrongCell } from './cell.js';
import { NumberRows } from './number-rows.js';
import type { Row } from './row.js';

/** Columns of numbers, side by side as float32. */
export class NumberCollector {
  private constructor(
    private readonly file: string,
    readonly columns: readonly string[],
    private readonly numbers: NumberRows,
  ) {}

  static async create(file: string, columns: readonly string[]): Promise<NumberCollector> {
    return new NumberCollector(file, columns, await NumberRows.create());
  }

  add(row: Row, index: number): void {
    const values = this.columns.map((column) => {
      const place = { file: this.file, column, row: index };
      return nearestNumber(row[column]) ?? wrongCell(place, row[column], 'a number');
    });
    this.numbers.append(values);
  }

  array(): StoredArray {
    const width = this.columns.length;
    const name = width > 3 ? `${this.columns[0]}, … ${this.columns[width - 1]}` : this.columns.join(', ');
    return {
      name,
      dtype: 'f4',
      dims: [this.numbers.rows, width],
      openRows: async () => this.numbers.open(width, 'f4'),
    };
  }

  close(): void {
    this.numbers.close();
  }
}

/** A column of lists of token ids, cut and filled to one length, as int64. */
export class TokenCollector {
  readonly columns: readonly string[];

  private constructor(
    private readonly file: string,
    private readonly form: TokenForm,
    private readonly numbers: NumberRows,
  ) {
    this.columns = [form.column];
  }

  static async create(file: string, form: TokenForm): Promise<TokenCollector> {
    return new TokenCollector(file, form, await NumberRows.create());
  }

  add(row: Row, index: number): void {
    const { column, length, pad, mask } = this.form;
    const place = { file: this.file, column, row: index };
    const cell = row[column];
    // In a CSV a list is written with spaces, or as JSON.
    const list = typeof cell === 'string' ? (cell.match(/[^\s,[\]]+/g) ?? []) : cell;
    const ids = numbersIn(list, place)?.values ?? wrongCell(place, cell, 'a list of token ids');
    const wrong = ids.find((id) => !Number.isSafeInteger(id));
    if (wrong !== undefined) wrongCell(place, wrong, 'token ids that are integers');
    const served = ids.slice(0, length).map((id) => (mask ? 1 : id));
    this.numbers.append([...served, ...new Array<number>(length - served.length).fill(mask ? 0 : pad)]);
  }

  array(): StoredArray {
    const { column, length, mask } = this.form;
    return {
      name: mask ? `mask of ${column}` : column,
      dtype: 'i8',
      dims: [this.numbers.rows, length],
      openRows: async () => this.numbers.open(length, 'i8'),
    };
  }

  close(): void {
    this.numbers.close();
  }
}

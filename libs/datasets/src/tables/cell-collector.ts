import { DatasetError } from '../errors.js';
import type { StoredArray, StoredWords } from '../stored-array.js';
import { numberIn, numbersIn, wrongCell, type CellPlace } from './cell.js';
import { NumberRows } from './number-rows.js';
import type { Row } from './row.js';

/** Different words that a column of labels may have. */
const MAX_WORDS = 100_000;

/** One column: numbers, lists of numbers that are equally long, or words where a cell is no number. */
export class CellCollector {
  readonly columns: readonly string[];
  private readonly codes: number[] = [];
  private readonly words = new Map<string, number>();
  private dims: number[] | null = null;
  private firstWord: string | null = null;

  private constructor(
    private readonly file: string,
    private readonly column: string,
    private readonly isFloat: boolean,
    private readonly numbers: NumberRows,
  ) {
    this.columns = [column];
  }

  static async create(file: string, column: string, isFloat: boolean): Promise<CellCollector> {
    return new CellCollector(file, column, isFloat, await NumberRows.create());
  }

  add(row: Row, index: number): void {
    const place = { file: this.file, column: this.column, row: index };
    const cell = row[this.column];
    const list = numbersIn(cell, place);
    if (list) return this.addList(list, place);
    if (cell === null || cell === undefined || cell === '') wrongCell(place, cell, 'a value');
    const number = this.firstWord === null ? numberIn(cell, place) : null;
    if (number !== null) this.addList({ values: [number], dims: [] }, place);
    this.addWord(cell, number === null);
  }

  /** The column as an array, or as words. Throws DatasetError for words of which there are too many. */
  result(): StoredArray | StoredWords {
    const { column: name, codes } = this;
    if (this.firstWord === null) {
      const dtype = this.isFloat || !this.numbers.isInteger ? 'f4' : 'i8';
      const dims = this.dims ?? [];
      const width = dims.reduce((product, dim) => product * dim, 1);
      return { name, dtype, dims: [this.numbers.rows, ...dims], openRows: async () => this.numbers.open(width, dtype) };
    }
    const words = [...this.words.keys()];
    if (words.length > MAX_WORDS)
      throw new DatasetError('dataset_limit', 'too many different words', {
        file: this.file,
        array: name,
        expected: `at most ${MAX_WORDS}`,
        wayOut: 'words are labels of classes; text is stored as lists of token ids',
      });
    return { name, count: codes.length, read: async () => codes.map((code) => words[code] ?? '') };
  }

  close(): void {
    this.numbers.close();
  }

  private addList({ values, dims }: { values: number[]; dims: number[] }, place: CellPlace): void {
    this.dims ??= dims;
    if (String(dims) !== String(this.dims) || this.firstWord !== null)
      wrongCell(place, values, `[${this.dims}] numbers, as in the rows above; lists of token ids are read by tokens`);
    this.numbers.append(values);
  }

  private addWord(cell: unknown, isWord: boolean): void {
    const word = typeof cell === 'string' ? cell.trim() : String(cell);
    if (isWord) this.firstWord ??= word;
    if (this.words.size > MAX_WORDS) return;
    const code = this.words.get(word) ?? this.words.size;
    this.words.set(word, code);
    this.codes.push(code);
  }
}

import type { DtypeName } from '../dtype.js';
import { turnedRows, type Rows } from '../rows.js';
import { Appender, TemporaryFile } from '../temporary-file.js';

type NumberType = Extract<DtypeName, 'f4' | 'i8'>;
const BYTES = { f4: 4, i8: 8 } as const;

/** Rows of numbers that are written one after the other to a temporary file, and read at random afterwards. */
export class NumberRows {
  private count = 0;
  private isWhole = true;
  private readonly out: Appender;

  private constructor(private readonly file: TemporaryFile) {
    this.out = new Appender(file);
  }

  static async create(): Promise<NumberRows> {
    return new NumberRows(await TemporaryFile.create());
  }

  get rows(): number {
    return this.count;
  }

  /** Whether every number so far is an integer. */
  get isInteger(): boolean {
    return this.isWhole;
  }

  append(values: readonly number[]): void {
    this.isWhole &&= values.every(Number.isSafeInteger);
    this.out.append(new Uint8Array(Float64Array.from(values).buffer));
    this.count += 1;
  }

  /** The rows, of `width` numbers each, as the type that is served. */
  open(width: number, dtype: NumberType): Rows {
    this.out.flush();
    const size = width * Float64Array.BYTES_PER_ELEMENT;
    const stored: Rows = { read: (row, target) => this.file.read(target, row * size), close: () => undefined };
    return turnedRows(stored, size, width * BYTES[dtype], (bytes) => as(dtype, new Float64Array(bytes.buffer)));
  }

  close(): void {
    this.file.close();
  }
}

function as(dtype: NumberType, values: Float64Array): Uint8Array {
  const turned = dtype === 'f4' ? Float32Array.from(values) : BigInt64Array.from(values as Iterable<number>, BigInt);
  return new Uint8Array(turned.buffer);
}

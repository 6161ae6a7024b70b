import { documentError } from './errors.js';
import type { DocumentLimits } from './limits.js';

/** A JavaScript object cannot be trusted to have this key as data. */
const RESERVED_KEY = '__proto__';
const SHOWN_KEY = 60;

/** NUL and halves of characters: JSON and YAML can write them, no database keeps them. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** What a decoder puts in the place of bytes that are no UTF-8: the text is no longer the one that was written. */
const REPLACED = '\ufffd';

/** Throws DocumentError for a text that could not be kept as it is, or is not as it was written. */
export function checkText(text: string, line?: number): void {
  if (text.includes(REPLACED)) throw documentError('a text holds bytes that are no UTF-8: save it as UTF-8', line);
  if (UNSTORABLE.test(text))
    throw documentError(
      'a text holds NUL or half of a character (a lone surrogate), which cannot be stored: leave it out',
      line,
    );
}

/** Counts what a document holds while it is read. Its methods throw DocumentError at the first thing too many. */
export class Budget {
  private values = 0;
  private depth = 0;

  constructor(private readonly limits: DocumentLimits) {}

  value(): void {
    this.values += 1;
    if (this.values > this.limits.values)
      throw documentError(
        `it holds more than ${this.limits.values} values, those that aliases repeat included: make it shorter`,
      );
  }

  open(line?: number): void {
    this.depth += 1;
    if (this.depth > this.limits.depth)
      throw documentError(
        `lists and mappings lie more than ${this.limits.depth} deep inside each other: make it flatter`,
        line,
      );
  }

  close(): void {
    this.depth -= 1;
  }

  /** A key of a mapping whose keys so far are `seen`. */
  key(key: string, seen: Set<string>, line?: number): void {
    if (key === RESERVED_KEY) throw documentError(`the key "${key}" is not allowed: choose another`, line);
    if (seen.has(key))
      throw documentError(`the key "${key.slice(0, SHOWN_KEY)}" is written twice in one mapping: leave one out`, line);
    checkText(key, line);
    seen.add(key);
  }
}

/** Throws DocumentError for a text of more bytes than allowed. */
export function checkLength(text: string, { bytes }: DocumentLimits): void {
  const got = Buffer.byteLength(text);
  if (got > bytes) throw documentError(`it has ${got} bytes, ${bytes} are allowed: make it shorter`);
}

import type { ByteRange } from './artifact-store.js';
import { RangeNotSatisfiableError } from './errors.js';

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
  readonly isWhole: boolean;
}

/** The bytes that a range selects from a file of `size`, an end behind the file cut off as HTTP demands. */
export function spanOf({ start, end }: ByteRange, size: number): Span {
  const first = start ?? 0;
  const last = Math.min(end ?? size - 1, size - 1);
  const isWhole = first === 0 && last === size - 1;
  if (first < 0 || (!isWhole && (first >= size || last < first))) throw new RangeNotSatisfiableError(first, end, size);
  return { start: first, end: last, bytes: last - first + 1, isWhole };
}

import { RangeNotSatisfiableError } from '#storage';

/**
 * The one range that a Range header asks for, cut off at the end of the file; undefined for the whole file, which is
 * also the answer to units and to several ranges that we do not serve (RFC 9110, 14.2). Throws
 * RangeNotSatisfiableError.
 */
export function parseRange(header: string | undefined, bytes: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '');
  const [first = '', last = ''] = match?.slice(1) ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= bytes) throw new RangeNotSatisfiableError(start, last === '' ? undefined : Number(last), bytes);
  return { start, end };
}

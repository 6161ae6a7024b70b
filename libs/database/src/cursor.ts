import { Digest } from '#contracts';
import { z } from 'zod';
import { InvalidCursorError } from './errors.js';

/** Where a list by age stopped: the last row's time and id, opaque to clients. */
export interface Cursor {
  createdAt: Date;
  id: string;
}

/** The lists, and what their ids look like: a cursor of one is none of another. */
const IDS = { jobs: z.uuid(), sweeps: z.uuid(), models: Digest, datasets: Digest, benchmarks: z.uuid() } as const;
export type ListName = keyof typeof IDS;

export function encodeCursor(list: ListName, { createdAt, id }: Cursor): string {
  return Buffer.from(JSON.stringify([list, createdAt.toISOString(), id])).toString('base64url');
}

/** Throws InvalidCursorError for what `encodeCursor` did not make of a row of this list. */
export function decodeCursor(list: ListName, text: string): Cursor {
  const position = positionIn(list, text);
  if (!position || encodeCursor(list, position) !== text) throw new InvalidCursorError();
  return position;
}

function positionIn(list: ListName, text: string): Cursor | null {
  try {
    const row = z.tuple([z.literal(list), z.iso.datetime(), IDS[list]]);
    const decoded: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    const [, createdAt, id] = row.parse(decoded);
    const at = new Date(createdAt);
    // PostgreSQL knows no year 0, and no list is as old as this.
    return at.getTime() >= 0 ? { createdAt: at, id } : null;
  } catch {
    return null;
  }
}

/** Cuts a page out of `limit + 1` rows. */
export function pageOf<R extends Cursor, T>(
  list: ListName,
  rows: R[],
  limit: number,
  toItem: (row: R) => T,
): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last ? encodeCursor(list, last) : null };
}

import { z } from 'zod';
import { InvalidCursorError } from './errors.js';

const Position = z.tuple([z.iso.datetime(), z.string()]);

/** Where a list by age stopped: the last row's time and id, opaque to clients. */
export interface Cursor {
  createdAt: Date;
  id: string;
}

export function encodeCursor(row: Cursor): string {
  return Buffer.from(JSON.stringify([row.createdAt.toISOString(), row.id])).toString('base64url');
}

/** Throws InvalidCursorError. */
export function decodeCursor(text: string): Cursor {
  try {
    const [createdAt, id] = Position.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { createdAt: new Date(createdAt), id };
  } catch {
    throw new InvalidCursorError();
  }
}

/** Cuts a page out of `limit + 1` rows. */
export function pageOf<R extends Cursor, T>(rows: R[], limit: number, toItem: (row: R) => T): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last ? encodeCursor(last) : null };
}

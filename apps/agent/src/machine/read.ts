import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of a file of the system, or nothing where there is none. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The number that a file of the system holds, or null. */
export function readNumber(path: string): number | null {
  const text = readText(path);
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : null;
}

/** What lies in a folder of the system under names that begin so, in the order of the names; nothing where there is no such folder. */
export function entriesOf(folder: string, prefix: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.startsWith(prefix));
    return names.toSorted().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

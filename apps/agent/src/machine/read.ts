import { readFileSync } from 'node:fs';

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

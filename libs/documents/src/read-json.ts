import { Budget, checkText } from './budget.js';
import { documentError } from './errors.js';
import { scanJson } from './json-scan.js';
import { LIMITS, type DocumentLimits } from './limits.js';

/**
 * JSON.parse within limits, which refuses what it would drop without a word: a key that is written twice. Throws
 * DocumentError.
 */
export function readJson(text: string, limits: DocumentLimits = LIMITS.request): unknown {
  const written = scanJson(text, limits);
  const value = parse(text);
  if (keysIn(value) !== written) refuseKeys(text, limits);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const { line, column } = placeOf(text, cause);
    throw documentError(
      `it is not JSON${column === undefined ? '' : ` from column ${column} on`}: look for a quote, comma or ` +
        'bracket that is missing or too many',
      line,
    );
  }
}

/** Where the engine says that JSON ends: "… at position 17 (line 1 column 18)". */
function placeOf(text: string, cause: unknown): { line?: number; column?: number } {
  const position = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/**
 * Keys of all mappings that a value holds; one named __proto__ counts as none. Throws DocumentError for a text that
 * cannot be stored.
 */
function keysIn(value: unknown): number {
  let keys = 0;
  const open: unknown[] = [value];
  for (let item = open.pop(); open.length > 0 || item !== undefined; item = open.pop()) {
    if (typeof item === 'string') checkText(item);
    if (typeof item !== 'object' || item === null) continue;
    if (Array.isArray(item)) for (const entry of item) open.push(entry ?? null);
    else {
      for (const [key, entry] of Object.entries(item)) {
        checkText(key);
        keys += key === '__proto__' ? 0 : 1;
        open.push(entry ?? null);
      }
    }
  }
  return keys;
}

/** Throws for the first key that is written twice or not allowed. */
function refuseKeys(text: string, limits: DocumentLimits): void {
  const budget = new Budget(limits);
  const seen = new Map<number, Set<string>>();
  scanJson(text, limits, (key, mapping) => {
    const keys = seen.get(mapping) ?? new Set();
    seen.set(mapping, keys);
    budget.key(key, keys);
  });
}

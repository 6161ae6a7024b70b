import { Budget, checkLength } from './budget.js';
import type { DocumentLimits } from './limits.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAPPING = 0x7b;
const CLOSE_MAPPING = 0x7d;

/**
 * Looks at JSON text before it is parsed, in one pass, and returns how many keys it writes. Throws DocumentError for
 * what is too long, too deep or of too many values. Whether it is JSON at all is for JSON.parse to say. `onKey` gets
 * each key and the number of its mapping.
 */
export function scanJson(text: string, limits: DocumentLimits, onKey?: (key: string, mapping: number) => void): number {
  checkLength(text, limits);
  const budget = new Budget(limits);
  const open: number[] = [];
  let mappings = 0;
  let keys = 0;
  let last = 0;
  let lastEnd = 0;
  budget.value();
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        last = i;
        i = lastEnd = endOfString(text, i);
        break;
      }
      case COLON:
        keys += 1;
        onKey?.(unquoted(text.slice(last, lastEnd + 1)), open.at(-1) ?? 0);
        break;
      case COMMA:
        budget.value();
        break;
      case OPEN_LIST:
      case OPEN_MAPPING:
        budget.value();
        budget.open();
        open.push((mappings += 1));
        break;
      case CLOSE_LIST:
      case CLOSE_MAPPING:
        if (open.length > 0) budget.close();
        open.pop();
    }
  }
  return keys;
}

/** Index of the quote that closes the string at `start`, or the end of a text that does not close it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

function unquoted(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

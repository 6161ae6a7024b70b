import { posix } from 'node:path';

/** The last part of a URI's path: what the file is called there. */
export function nameOfUri(uri: string, fallback: string): string {
  return URL.canParse(uri) ? decodeURIComponent(posix.basename(new URL(uri).pathname)) || fallback : fallback;
}

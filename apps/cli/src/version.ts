import { readFileSync } from 'node:fs';

/** The version of the package that this command belongs to. */
export function version(): string {
  const path = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

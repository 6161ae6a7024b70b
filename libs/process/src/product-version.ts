import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let known: string | undefined;

/** The version of the package that this process runs. */
export function productVersion(): string {
  if (known !== undefined) return known;
  const manifest = readFileSync(manifestAbove(dirname(fileURLToPath(import.meta.url))), 'utf8');
  known = (JSON.parse(manifest) as { version: string }).version;
  return known;
}

function manifestAbove(folder: string): string {
  const path = join(folder, 'package.json');
  return existsSync(path) || dirname(folder) === folder ? path : manifestAbove(dirname(folder));
}

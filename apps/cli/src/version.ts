import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version of the package that this command belongs to. */
export function version(): string {
  const manifest = manifestAbove(dirname(fileURLToPath(import.meta.url)));
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return version;
}

/** The nearest package.json: that of the package, built or not. */
function manifestAbove(folder: string): string {
  const path = join(folder, 'package.json');
  return existsSync(path) || dirname(folder) === folder ? path : manifestAbove(dirname(folder));
}

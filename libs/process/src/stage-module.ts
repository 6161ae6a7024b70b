import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LaunchError } from './errors.js';

const STAGE_MODULE = join('dist', 'apps', 'worker', 'src', 'child', 'main.js');

/** The compiled module that runs stages, inspections and preflights, found from the source tree and from dist alike. */
export function stageModulePath(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, STAGE_MODULE);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) throw new LaunchError(STAGE_MODULE, 'it does not exist: build the project first');
  }
}

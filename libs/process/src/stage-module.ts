import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LaunchError } from './errors.js';

const STAGE_MODULE = join('dist', 'apps', 'worker', 'src', 'child', 'main.js');
const STAGE_BUNDLE = join('dist', 'apps', 'worker', 'src', 'child', 'main.bundle.cjs');
/** Runs the bundle, with compiled code where the build kept it. */
const STAGE_LAUNCHER = join('dist', 'apps', 'worker', 'src', 'child', 'launch.cjs');
/** Written by each compilation: a bundle that is older would run yesterday's code. */
const BUILD_INFO = join('dist', '.tsbuildinfo');

/**
 * The compiled module that runs stages, inspections and preflights, found from the source tree and from dist alike: as
 * the one file that the build makes of it, or module by module after a compilation by hand. Throws LaunchError before
 * any build.
 */
export function stageModulePath(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, STAGE_MODULE))) return join(folder, isFresh(folder) ? STAGE_LAUNCHER : STAGE_MODULE);
    if (folder === dirname(folder)) throw new LaunchError(STAGE_MODULE, 'it does not exist: build the project first');
  }
}

function isFresh(folder: string): boolean {
  const bundle = statSync(join(folder, STAGE_BUNDLE), { throwIfNoEntry: false });
  const build = statSync(join(folder, BUILD_INFO), { throwIfNoEntry: false });
  return bundle !== undefined && bundle.mtimeMs >= (build?.mtimeMs ?? 0);
}

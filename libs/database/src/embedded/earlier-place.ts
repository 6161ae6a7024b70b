import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SHARED_FOLDER } from './binaries.js';
import { exists } from './exists.js';
import { stopLeftover } from './leftover.js';

const ORIGIN = '.origin';

/**
 * Earlier versions kept the server's files of a folder that its user could not enter in /var/lib/coldpress, under a
 * hash of the folder's path. Those of this folder move into it, once.
 */
export async function bringHome(root: string, data: string, shared = SHARED_FOLDER): Promise<void> {
  const place = join(shared, createHash('sha256').update(root).digest('hex').slice(0, 16));
  if ((await readFile(place + ORIGIN, 'utf8').catch(() => null)) !== root || !(await isDatabase(place))) return;
  await stopLeftover(place);
  await rename(place, data).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    const partial = `${data}.moving`;
    await rm(partial, { recursive: true, force: true });
    await cp(place, partial, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await rename(partial, data);
    await rm(place, { recursive: true, force: true });
  });
  await rm(place + ORIGIN, { force: true });
}

/**
 * Places of earlier versions whose folders are no longer where they were: one of them may be that of a folder which
 * moved.
 */
export async function strayPlaces(shared = SHARED_FOLDER): Promise<{ place: string; origin: string }[]> {
  const entries = await readdir(shared).catch(() => []);
  const names = entries.filter((name) => name.endsWith(ORIGIN));
  const placeOf = async (name: string) => {
    const origin = await readFile(join(shared, name), 'utf8');
    return { place: join(shared, name.slice(0, -ORIGIN.length)), origin };
  };
  const found = await Promise.all(names.map(placeOf));
  const isStray = async ({ place, origin }: { place: string; origin: string }) =>
    (await isDatabase(place)) && !(await exists(origin));
  const stray = await Promise.all(found.map(async (one) => ((await isStray(one)) ? [one] : [])));
  return stray.flat();
}

const isDatabase = (path: string): Promise<boolean> => exists(join(path, 'PG_VERSION'));

import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * Lays the files of a folder that `keeps` says yes to (by their path within it) into another, as hard links where both
 * lie on one disk. What is
 * laid must not be changed. Links are left out: npm packs none.
 */
export async function layTree(from, to, keeps = () => true) {
  for (const path of await filesIn(from)) {
    if (!keeps(path)) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await link(join(from, path), join(to, path)).catch(() => copyFile(join(from, path), join(to, path)));
  }
}

/** The files below a folder by their paths within it, those of packages within the package left out. */
export async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|[\\/])node_modules[\\/]/.test(path));
}

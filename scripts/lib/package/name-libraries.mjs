import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, basename } from 'node:path';

/**
 * The package of PostgreSQL makes its links when it is installed, which npm 12 does not let it do unasked. Each library
 * gets the name by which the
 * programs ask for it, so that no links are needed.
 */
export async function nameLibraries(native) {
  const list = join(native, 'pg-symlinks.json');
  const links = JSON.parse(await readFile(list, 'utf8'));
  const asked = await namesIn(
    native,
    links.map(({ target }) => basename(target)),
  );
  for (const source of new Set(links.map((link) => link.source))) {
    const file = join(native, '..', source);
    const names = links.filter((link) => link.source === source).map(({ target }) => basename(target));
    const used = names.filter((name) => asked.has(name));
    for (const name of used) await copyFile(file, join(file, '..', name));
    if (used.length > 0) await rm(file);
  }
  // The list is a hard link: it is replaced, never written into.
  await rm(list);
  await writeFile(list, '[]');
}

/** Those of the names that a program or a library of the folder holds as a whole word. */
async function namesIn(native, names) {
  const found = new Set();
  for (const folder of ['bin', 'lib']) {
    for (const entry of await readdir(join(native, folder), { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = await readFile(join(native, folder, entry.name));
      for (const name of names) if (holdsWord(bytes, name)) found.add(name);
    }
  }
  return found;
}

/** A name ends with a zero in tables of names; a slash or another zero stands before it. */
const holdsWord = (bytes, name) => ['\0', '/'].some((before) => bytes.includes(`${before}${name}\0`));

import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ApiKeyRepository } from '#database';

/**
 * Makes sure that somebody can get in. With a key file, the key in it is accepted, and created when the file is not
 * there; without one, the first start makes a key. Returns a key that was made, to be shown this once.
 */
export async function ensureFirstKey(keys: ApiKeyRepository, keyFile: string | undefined): Promise<string | null> {
  if (keyFile !== undefined) {
    const known = await readKey(keyFile);
    if (known) {
      await keys.accept(known, 'key file');
      return null;
    }
  } else if (!(await keys.isEmpty())) return null;
  const { key } = await keys.create('first key');
  if (keyFile !== undefined) await writeKey(keyFile, key);
  return key;
}

async function readKey(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.trim() || null;
}

async function writeKey(path: string, key: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.write(`${key}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

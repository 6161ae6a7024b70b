import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Bytes of the runtime as it is installed here, by far the most of what the agent needs; null where it cannot be found.
 */
export async function runtimeBytes(): Promise<number | null> {
  try {
    const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    return await bytesBelow(dirname(manifest));
  } catch {
    return null;
  }
}

async function bytesBelow(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size;
  return sum;
}

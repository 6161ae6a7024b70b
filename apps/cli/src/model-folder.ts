import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from './errors.js';

const ARCHIVE = /\.zip$/i;

/** Whether a path is that of a model: a file, or a folder or .zip that holds one with its data. */
export async function isModelPath(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && (found.isFile() || found.isDirectory());
}

/**
 * Hands over the model file of a path: itself, or the only one of a folder or a .zip archive, which is unpacked for the
 * time of `use`. Throws
 * UsageError where there is none or more than one, and for an archive that cannot be read.
 */
export async function withModelFile<T>(path: string, use: (file: string) => Promise<T>): Promise<T> {
  const found = await stat(path).catch(() => null);
  const isArchive = found?.isFile() === true && ARCHIVE.test(path);
  if (!found?.isDirectory() && !isArchive) return use(path);
  const { DatasetError, onlyModelIn, openTree, unpackModel } = await import('#datasets');
  const draft = await mkdtemp(join(tmpdir(), 'coldpress-model-'));
  try {
    if (isArchive) return await use(await unpackModel(path, draft));
    const tree = await openTree(path);
    return await use(join(path, onlyModelIn(tree, path)));
  } catch (cause) {
    if (!(cause instanceof DatasetError)) throw cause;
    throw new UsageError(`cannot read ${cause.message}`, { cause });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

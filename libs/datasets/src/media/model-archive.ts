import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { DatasetError } from '../errors.js';
import { openTree, type FileTree } from './file-tree.js';

const MODEL = /\.onnx$/i;

/** Path of the only model of a folder or archive called `file`. Throws DatasetError where there is none, or several. */
export function onlyModelIn({ paths }: Pick<FileTree, 'paths'>, file: string): string {
  const [first, ...others] = paths.filter((path) => MODEL.test(path));
  if (first === undefined) return refused(file, 'it holds no .onnx file', 'put the model into it');
  if (others.length === 0) return first;
  const names = [first, ...others].map((path) => basename(path)).join(', ');
  return refused(file, `it holds ${others.length + 1} models`, `name one of ${names}`);
}

/**
 * Writes the only model of an archive into a folder, with what lies beside and below it, where external data lie.
 * Returns the path of the model. Throws DatasetError, also for more than `maxBytes` when unpacked.
 */
export async function unpackModel(archive: string, target: string, maxBytes = Infinity): Promise<string> {
  const file = basename(archive);
  const tree = await openTree(archive).catch((error: unknown) => damaged(file, error));
  try {
    const model = onlyModelIn(tree, file);
    const under = dirname(model) === '.' ? '' : `${dirname(model)}/`;
    let left = maxBytes;
    for (const path of tree.paths.filter((name) => name.startsWith(under))) {
      const written = resolve(target, path);
      if (!written.startsWith(resolve(target) + sep)) refused(file, `${path} lies outside of it`, 'make it anew');
      left -= tree.sizeOf(path);
      if (left < 0) refused(file, `unpacked it has more than ${maxBytes} bytes`, 'send a smaller model');
      await mkdir(dirname(written), { recursive: true });
      await tree.copy(path, written).catch((error: unknown) => damaged(file, error));
    }
    return join(target, model);
  } finally {
    tree.close();
  }
}

function refused(file: string, what: string, wayOut: string): never {
  throw new DatasetError('model_archive', what, { file, wayOut });
}

/** What is wrong with a zip archive is the same for data and models, but for its code. */
function damaged(file: string, error: unknown): never {
  if (!(error instanceof DatasetError)) throw error;
  throw new DatasetError('model_archive', error.message, { file }, { cause: error });
}

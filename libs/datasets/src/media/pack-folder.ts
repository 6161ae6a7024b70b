import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { openTree } from './file-tree.js';

/** The zip format's first day, so that equal files give equal archives whenever they were written. */
const FIRST_DAY = new Date(1980, 0, 1);

/**
 * Writes the files of a folder to a zip archive, as they are: pictures and recordings do not get smaller. Equal folders
 * give equal archives. `tell` hears how many of their bytes are written.
 */
export async function packFolder(
  folder: string,
  target: string,
  tell: (done: number, total: number) => void = () => undefined,
): Promise<void> {
  const { paths } = await openTree(folder);
  let total = 0;
  for (const path of paths) total += (await stat(join(folder, path))).size;
  const zip = new yazl.ZipFile();
  for (const path of paths)
    zip.addFile(join(folder, path), path, { compress: false, mtime: FIRST_DAY, mode: 0o100644 });
  zip.end();
  let done = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      // Headers and the directory of the archive come on top.
      done = Math.min(total, done + chunk.length);
      tell(done, total);
      next(null, chunk);
    },
  });
  await pipeline(zip.outputStream, counted, createWriteStream(target));
}

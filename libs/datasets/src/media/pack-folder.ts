import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { openTree } from './file-tree.js';

/** The zip format's first day, so that equal files give equal archives whenever they were written. */
const FIRST_DAY = new Date(1980, 0, 1);

/** Writes the files of a folder to a zip archive, as they are: pictures and recordings do not get smaller. Equal folders give equal archives. */
export async function packFolder(folder: string, target: string): Promise<void> {
  const { paths } = await openTree(folder);
  const zip = new yazl.ZipFile();
  for (const path of paths)
    zip.addFile(join(folder, path), path, { compress: false, mtime: FIRST_DAY, mode: 0o100644 });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}

import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as yauzl from 'yauzl';
import { DatasetError } from '../errors.js';
import { MAX_FOLDER_FILES, MAX_MEDIA_BYTES } from '../limits.js';

/** Files by their paths within a folder, or within a zip archive of one; both are read alike. */
export interface FileTree {
  /** Paths with / between the names, sorted. */
  paths: readonly string[];
  /** The bytes of a file. Throws DatasetError for one that is missing, damaged or too large. */
  read(path: string): Promise<Buffer>;
  close(): void;
}

/** Opens a folder, or a file as a zip archive. What begins with a dot, and what macOS adds to archives, is not there. Throws DatasetError. */
export async function openTree(path: string): Promise<FileTree> {
  return (await stat(path)).isDirectory() ? folderTree(path) : zipTree(path);
}

const isHidden = (path: string): boolean =>
  path.split('/').some((name) => name.startsWith('.') || name === '__MACOSX' || name === 'Thumbs.db');

async function folderTree(root: string): Promise<FileTree> {
  const paths: string[] = [];
  await collect(root, '', paths);
  return {
    paths: paths.toSorted(),
    async read(path) {
      const file = await open(join(root, path), 'r').catch((cause: unknown) => {
        throw new DatasetError('dataset_file', 'cannot be read', { file: path }, { cause });
      });
      try {
        checkSize((await file.stat()).size, path);
        return await file.readFile();
      } finally {
        await file.close();
      }
    },
    close: () => undefined,
  };
}

async function collect(root: string, under: string, paths: string[]): Promise<void> {
  for (const entry of await readdir(join(root, under), { withFileTypes: true })) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (isHidden(path)) continue;
    if (entry.isDirectory()) await collect(root, path, paths);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(root, path))))) paths.push(path);
    checkCount(paths.length, basename(root));
  }
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() ?? false;

async function zipTree(path: string): Promise<FileTree> {
  const file = basename(path);
  const zip = await readable(file, () => yauzl.openPromise(path, { lazyEntries: true, autoClose: false }));
  const entries = new Map<string, yauzl.Entry>();
  try {
    await readable(file, async () => {
      checkCount(zip.entryCount, file);
      for await (const entry of zip.eachEntry())
        if (!entry.fileName.endsWith('/') && !isHidden(entry.fileName)) entries.set(entry.fileName, entry);
    });
  } catch (error) {
    zip.close();
    throw error;
  }
  const root = commonRoot([...entries.keys()], file);
  const paths = [...entries.keys()].map((name) => name.slice(root.length)).toSorted();
  return { paths, read: (name) => unpacked(zip, entries.get(root + name), file, name), close: () => zip.close() };
}

/** The folder that all files of a .zip lie in, where it has its name: archives are often made of the folder itself. */
function commonRoot(names: readonly string[], file: string): string {
  if (!/\.zip$/i.test(file)) return '';
  const root = `${file.replace(/\.zip$/i, '')}/`;
  return names.every((name) => name.startsWith(root)) ? root : '';
}

async function unpacked(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry | undefined,
  archive: string,
  file: string,
): Promise<Buffer> {
  if (!entry) throw new DatasetError('dataset_file', 'the file is missing', { file });
  if (entry.isEncrypted()) throw new DatasetError('dataset_format', 'the archive is encrypted', { file: archive });
  checkSize(entry.uncompressedSize, file);
  return readable(file, async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  });
}

function checkSize(bytes: number, file: string): void {
  if (bytes > MAX_MEDIA_BYTES)
    throw new DatasetError('dataset_limit', 'file too large', {
      file,
      expected: `at most ${MAX_MEDIA_BYTES} bytes`,
      got: `${bytes}`,
    });
}

function checkCount(count: number, file: string): void {
  if (count > MAX_FOLDER_FILES)
    throw new DatasetError('dataset_limit', 'too many files', {
      file,
      expected: `at most ${MAX_FOLDER_FILES}`,
      wayOut: 'split it over several data sets',
    });
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    throw new DatasetError(
      'dataset_format',
      `not a readable zip archive: ${cause instanceof Error ? cause.message : String(cause)}`,
      { file, wayOut: 'make the archive anew' },
      { cause },
    );
  }
}

import { createWriteStream } from 'node:fs';
import { copyFile, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as yauzl from 'yauzl';
import { DatasetError } from '../errors.js';
import { MAX_FOLDER_FILES, MAX_MEDIA_BYTES } from '../limits.js';

/** Files by their paths within a folder, or within a zip archive of one; both are read alike. */
export interface FileTree {
  /** Paths with / between the names, sorted. */
  paths: readonly string[];
  /** Folders without a file in them, sorted; of nested ones the outermost. */
  emptyFolders: readonly string[];
  /** The bytes of a file. Throws DatasetError for one that is missing, damaged or too large. */
  read(path: string): Promise<Buffer>;
  /** Bytes of a file of an archive, as it says; 0 in a folder. */
  sizeOf(path: string): number;
  /** Writes a file of any size to another path. Throws DatasetError for one that is missing or damaged. */
  copy(path: string, target: string): Promise<void>;
  close(): void;
}

/**
 * Opens a folder, or a file as a zip archive. What begins with a dot, and what macOS adds to archives, is not there;
 * links to files and folders are followed. Throws DatasetError, also for a link that leads nowhere.
 */
export async function openTree(path: string): Promise<FileTree> {
  return (await stat(path)).isDirectory() ? folderTree(path) : zipTree(path);
}

const isHidden = (path: string): boolean =>
  path.split('/').some((name) => name.startsWith('.') || name === '__MACOSX' || name === 'Thumbs.db');

async function folderTree(root: string): Promise<FileTree> {
  const paths: string[] = [];
  const folders: string[] = [];
  await collect({ root, paths, folders }, '', [await realpath(root)]);
  return {
    paths: paths.toSorted(),
    emptyFolders: emptyOf(folders, paths),
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
    sizeOf: () => 0,
    copy: (path, target) => copyFile(join(root, path), target),
    close: () => undefined,
  };
}

/** Folders below which there is no file; those within another of them are not told. */
function emptyOf(folders: readonly string[], paths: readonly string[]): string[] {
  const full = new Set(paths.flatMap((path) => path.split('/').map((_, at, parts) => parts.slice(0, at).join('/'))));
  const empty = folders.filter((folder) => !full.has(folder));
  return empty.filter((folder) => !empty.some((other) => folder.startsWith(`${other}/`))).toSorted();
}

/** What lies in a folder, as far as it was looked through. */
interface Found {
  root: string;
  paths: string[];
  folders: string[];
}

/** `around` are the real paths of the folder and of those that it lies in: a link back to one of them has no end. */
async function collect(found: Found, under: string, around: readonly string[]): Promise<void> {
  const { root, paths, folders } = found;
  for (const entry of await readdir(join(root, under), { withFileTypes: true })) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (isHidden(path)) continue;
    const kind = entry.isSymbolicLink() ? await linked(root, path) : entry;
    if (kind.isDirectory()) {
      const real = await realpath(join(root, path));
      if (around.includes(real)) continue;
      folders.push(path);
      await collect(found, path, [...around, real]);
    }
    if (kind.isFile()) paths.push(path);
    checkCount(paths.length, basename(root));
  }
}

/** What a link leads to. */
function linked(root: string, path: string) {
  return stat(join(root, path)).catch((cause: unknown) => {
    const wayOut = 'remove the link, or lead it to where the file is now';
    throw new DatasetError('dataset_file', 'this link leads nowhere', { file: path, wayOut }, { cause });
  });
}

async function zipTree(path: string): Promise<FileTree> {
  const file = basename(path);
  const zip = await readable(file, () => yauzl.openPromise(path, { lazyEntries: true, autoClose: false }));
  const entries = new Map<string, yauzl.Entry>();
  const folders: string[] = [];
  try {
    await readable(file, async () => {
      checkCount(zip.entryCount, file);
      for await (const entry of zip.eachEntry())
        if (isHidden(entry.fileName)) continue;
        else if (entry.fileName.endsWith('/')) folders.push(entry.fileName.slice(0, -1));
        else entries.set(entry.fileName, entry);
    });
  } catch (error) {
    zip.close();
    throw error;
  }
  const root = commonRoot([...entries.keys()], file);
  const paths = [...entries.keys()].map((name) => name.slice(root.length)).toSorted();
  const read = (name: string) => unpacked(zip, entries.get(root + name), file, name);
  const within = folders.filter((name) => name.startsWith(root)).map((name) => name.slice(root.length));
  const copy = (name: string, target: string) => copied(zip, entries.get(root + name), file, target);
  const sizeOf = (name: string) => entries.get(root + name)?.uncompressedSize ?? 0;
  return { paths, emptyFolders: emptyOf(within, paths), read, sizeOf, copy, close: () => zip.close() };
}

/** The folder that all files of a .zip lie in, where it has its name: archives are often made of the folder itself. */
function commonRoot(names: readonly string[], file: string): string {
  if (!/\.zip$/i.test(file)) return '';
  const root = `${file.replace(/\.zip$/i, '')}/`;
  return names.every((name) => name.startsWith(root)) ? root : '';
}

/** A stream that gives more than the archive says of its entry fails: what was counted ahead holds. */
async function copied(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry | undefined,
  archive: string,
  target: string,
): Promise<void> {
  if (!entry) throw new DatasetError('dataset_file', 'the file is missing', { file: archive });
  if (entry.isEncrypted()) throw new DatasetError('dataset_format', 'the archive is encrypted', { file: archive });
  await readable(archive, async () => pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target)));
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
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DatasetError(
      'dataset_format',
      `not a readable zip archive: ${reason}`,
      { file, wayOut: 'make the archive anew' },
      { cause },
    );
  }
}

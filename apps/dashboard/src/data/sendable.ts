import { isManifest } from '../dataset-files.js';
import type { DroppedFile } from './dropped-files.js';
import { zipOf } from './zip.js';

/** Files as a form takes them: of one folder, those of folders below it as an archive. */
export interface Sendable {
  /** What the data is called: the folder that was dropped, or its only file. */
  name: string;
  manifest: File | null;
  files: File[];
}

/** What systems leave in folders. */
const STRAY = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/i;

/**
 * Makes what was dropped a form: a manifest beside its data, files, and folders as archives. Without a manifest a tree of folders is one archive, of
 * which the server makes out what it holds. Throws Error where there is nothing, or more than one manifest.
 */
export async function sendableOf(dropped: readonly DroppedFile[]): Promise<Sendable> {
  const kept = dropped.filter(({ path }) => !STRAY.test(path));
  const { top, files } = belowTop(kept);
  if (files.length === 0) throw new Error('There is no file in it.');
  const manifests = files.filter(({ path, file }) => !path.includes('/') && isManifest(file));
  if (manifests.length > 1)
    throw new Error(`Choose one manifest: ${manifests.map(({ path }) => path).join(' and ')} could each be it.`);
  const [manifest] = manifests;
  const data = files.filter((each) => each !== manifest);
  const isFlat = data.every(({ path }) => !path.includes('/'));
  const name = top ?? data[0]?.path.split('/')[0]?.replace(/\.[^.]+$/, '') ?? 'data';
  const parts = isFlat
    ? data.map(({ file }) => file)
    : manifest
      ? await foldersPacked(data)
      : [new File([await zipOf(data)], `${name}.zip`)];
  return { name, manifest: manifest?.file ?? null, files: parts };
}

/** Paths below the one folder that holds everything, where there is one. */
function belowTop(files: readonly DroppedFile[]): { top: string | null; files: DroppedFile[] } {
  const tops = new Set(files.map(({ path }) => path.slice(0, path.indexOf('/') + 1)));
  const [top = ''] = tops;
  if (tops.size !== 1 || top === '') return { top: null, files: [...files] };
  return {
    top: top.slice(0, -1),
    files: files.map(({ file, path }) => ({ file, path: path.slice(top.length) })),
  };
}

/** Each folder as an archive under its name, as a manifest calls it. */
async function foldersPacked(files: readonly DroppedFile[]): Promise<File[]> {
  const folders = new Map<string, DroppedFile[]>();
  const made: File[] = [];
  for (const { file, path } of files) {
    const end = path.indexOf('/');
    if (end < 0) made.push(file);
    else {
      const inside = { file, path: path.slice(end + 1) };
      folders.set(path.slice(0, end), [...(folders.get(path.slice(0, end)) ?? []), inside]);
    }
  }
  for (const [name, inside] of folders) made.push(new File([await zipOf(inside)], name));
  return made;
}

import { basename } from 'node:path';
import { DatasetError } from '../errors.js';
import {
  ArrayFile,
  type LabelsPlace,
  type Made,
  type StoredArray,
  type StoredWords,
  type Wanted,
} from '../stored-array.js';
import { audioArray } from './audio-array.js';
import { openBoxes } from './boxes.js';
import { openTree, type FileTree } from './file-tree.js';
import { imageArray } from './image-array.js';
import { classOf, inTurns } from './sample-order.js';

/** File names of pictures, and of recordings. */
export const PICTURES = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;
export const RECORDINGS = /\.wav$/i;
/** Name of the folder that a sample lies in, as labels. */
export const CLASS = 'class';

/**
 * Pictures or recordings of a folder, one sample each, or one for each window of a recording. Samples of the classes,
 * which are the folders in it, take turns, so that the first ones are of all classes. Throws DatasetError for a folder
 * without any.
 */
export async function openFolder(path: string, wanted: Wanted): Promise<ArrayFile> {
  const tree = await openTree(path);
  try {
    return await arraysOf(tree, basename(path), wanted);
  } catch (error) {
    tree.close();
    throw error;
  }
}

async function arraysOf(tree: FileTree, file: string, { made = [], folder, labels }: Wanted): Promise<ArrayFile> {
  const isAudio = made.some(({ source }) => source === 'audio');
  if (isAudio && made.some(({ source }) => source !== 'audio'))
    throw new DatasetError('dataset_format', 'pictures and recordings in one split', {
      file,
      expected: 'one of the two',
      wayOut: 'make two data sets of them, or arrays',
    });
  const within = tree.paths.filter((name) => folder === undefined || name.startsWith(`${folder}/`));
  const pattern = isAudio ? RECORDINGS : PICTURES;
  const samples = inTurns(
    within.filter((name) => pattern.test(name)),
    folder,
  );
  if (samples.length === 0) {
    const kind = isAudio ? '.wav files' : 'pictures';
    throw new DatasetError('dataset_format', `no ${kind} in it`, {
      file: folder === undefined ? file : `${file}/${folder}`,
      expected: isAudio ? '.wav' : '.jpg, .png, .webp, .gif, .tif or .avif',
      wayOut: 'correct file or folder of the split in the manifest',
    });
  }
  const windowsOf = (item: Made) => (item.source === 'audio' ? item.form.windows : 1);
  const windows = Math.max(1, ...made.map(windowsOf));
  const arrays: [string, StoredArray][] = [];
  for (const item of made) arrays.push([item.key, await arrayFor(item, tree, { file, samples, folder, labels })]);
  const others = within.filter((name) => !pattern.test(name) && !BESIDE.test(name));
  return new ArrayFile([CLASS], arrays, {
    words: [[CLASS, classWords(samples, folder, windows)]],
    warnings: [
      ...(others.length > 0 ? [leftOut(file, others)] : []),
      ...emptyClasses(tree, file, folder),
      ...twins(samples, file, folder),
      ...arrays.flatMap(([, { warnings = [] }]) => warnings),
    ],
    close: () => tree.close(),
  });
}

/** Files that belong beside samples: label files, lists and notes. */
const BESIDE = /\.(txt|json|ya?ml|csv|md|xml|cache)$/i;

interface Samples {
  file: string;
  samples: readonly string[];
  folder: string | undefined;
  labels: LabelsPlace | undefined;
}

function arrayFor(made: Made, tree: FileTree, { file, samples, labels }: Samples): Promise<StoredArray> {
  if (made.source === 'image') return imageArray(made.form, tree, samples);
  if (made.source === 'audio') return Promise.resolve(audioArray(made.form, tree, samples));
  if (made.source === 'boxes') return openBoxes(made.form, tree, { file, samples, labels });
  throw new DatasetError('dataset_format', `a folder has no ${made.source}`, { file, expected: 'image or audio' });
}

function classWords(samples: readonly string[], folder: string | undefined, windows: number): StoredWords {
  const wordsOf = (path: string) => new Array<string>(windows).fill(classOf(path, folder));
  return { name: CLASS, count: samples.length * windows, read: async () => samples.flatMap(wordsOf) };
}

/** Folders that would be classes and hold nothing. */
function emptyClasses({ emptyFolders }: FileTree, file: string, folder: string | undefined): string[] {
  const within = emptyFolders.filter((name) => folder === undefined || name.startsWith(`${folder}/`));
  const [first = ''] = within;
  if (within.length === 0) return [];
  return within.length === 1
    ? [`${file}: the folder ${first} is empty: no sample is of it`]
    : [`${file}: ${within.length} folders are empty, ${first} first: no sample is of them`];
}

/** Classes whose names differ in case alone, which a person takes for one. */
function twins(samples: readonly string[], file: string, folder: string | undefined): string[] {
  const names = [...new Set(samples.map((path) => classOf(path, folder)))];
  const keyOf = (name: string) => name.normalize().toLowerCase();
  const groups = [...new Set(names.map(keyOf))].map((key) => names.filter((name) => keyOf(name) === key));
  return groups
    .filter((group) => group.length > 1)
    .map((group) => `${file}: ${told(group)} differ in case alone and are classes of their own: are they one?`);
}

const told = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(' and ');

function leftOut(file: string, others: readonly string[]): string {
  const [first = ''] = others;
  return others.length === 1
    ? `${file}: ${first} was left out: it is of another kind`
    : `${file}: ${others.length} files were left out, ${first} first: they are of other kinds`;
}

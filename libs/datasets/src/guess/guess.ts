import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { DatasetManifest } from '#contracts';
import { DatasetError } from '../errors.js';
import { openTree, type FileTree } from '../media/file-tree.js';
import { PICTURES, RECORDINGS } from '../media/folder.js';
import { guessArrays } from './guess-arrays.js';
import { guessPictures } from './guess-pictures.js';
import { guessRecordings } from './guess-recordings.js';
import { guessState } from './guess-state.js';
import { guessTable } from './guess-table.js';
import type { Found, Interface, Scene } from './scene.js';

/** A manifest that was guessed, with what to look at, by the path of the field. */
export interface Guess {
  manifest: DatasetManifest;
  /** Path of the manifest: beside the file or folder, or in a folder of arrays. */
  path: string;
  notes: ReadonlyMap<string, string>;
}

const ARRAYS = /\.(npz|npy|safetensors)$/i;
const TABLES = /\.(csv|tsv|jsonl|parquet)$/i;

/** Guesses the manifest of a folder or file for a model. Throws DatasetError for what is no data. */
export async function guessManifest(path: string, model: Interface): Promise<Guess> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new DatasetError('dataset_file', 'there is no such file or folder', { file: path }, { cause });
  });
  const notes = new Map<string, string>();
  const note = (field: string, text: string) => void notes.set(field, text);
  const tree = found.isDirectory() || /\.zip$/i.test(path) ? await openTree(path) : null;
  const outermost = tree?.paths.filter((name) => !name.includes('/')) ?? [];
  const arrays = outermost.filter((name) => ARRAYS.test(name) || TABLES.test(name));
  const hasPictures = tree?.paths.some((name) => PICTURES.test(name)) ?? false;
  const isInside = found.isDirectory() && arrays.length > 0 && !hasPictures;
  const folder = isInside ? path : dirname(path);
  const stem = basename(path, found.isDirectory() ? '' : extname(path));
  const scene: Scene = { folder, model, note };
  const files = isInside ? arrays : [basename(path)];
  const parts = tree && !isInside ? await fromTree(tree, basename(path), scene) : await fromFiles(files, scene);
  tree?.close();
  const fed = feedRest(parts, scene);
  const manifest: DatasetManifest = { name: stem, ...fed };
  return { manifest, path: isInside ? join(path, 'dataset.yaml') : join(folder, `${stem}.yaml`), notes };
}

async function fromTree(tree: FileTree, file: string, scene: Scene): Promise<Found> {
  const count = (pattern: RegExp) => tree.paths.filter((name) => pattern.test(name)).length;
  if (count(PICTURES) > 0) return guessPictures(tree, file, scene);
  if (count(RECORDINGS) > 0) return guessRecordings(tree, file, scene);
  throw new DatasetError('dataset_format', 'nothing in it is data', {
    file,
    expected: 'pictures, .wav files, .npz, .npy, .safetensors, .csv, .tsv, .jsonl or .parquet',
  });
}

function fromFiles(files: readonly string[], scene: Scene): Promise<Found> {
  const [first = ''] = files;
  if (files.every((file) => TABLES.test(file))) return guessTable(files, scene);
  if (files.every((file) => ARRAYS.test(file))) return guessArrays(files, scene);
  throw new DatasetError('dataset_format', 'unknown kind of file', {
    file: first,
    expected: 'files of arrays, or tables',
    wayOut: 'convert it with numpy.savez',
  });
}

/** Feeds what no file does: rates, and states that an output follows. */
function feedRest(found: Found, { model, note }: Scene): Found {
  const isFed = (name: string) => name in found.inputs || '*' in found.inputs;
  const rest = model.inputs.filter(({ name }) => !isFed(name));
  const fed = { ...found.inputs };
  let hasState = false;
  for (const input of rest) {
    const guess = guessState(input, model.outputs);
    if (!guess) continue;
    hasState ||= guess.state?.output !== undefined;
    fed[input.name] = guess;
    note(`inputs.${input.name}`, 'no sample: guessed from the shape of the input');
  }
  const sequence = hasState ? { sequence: { steps: found.sequence?.steps ?? 1 } } : {};
  return { ...found, inputs: fed, ...sequence };
}

import type { DatasetManifest } from '#contracts';
import { classOf } from '../media/sample-order.js';
import { scoresOf, type Scene } from './scene.js';
import { splitsIn } from './split-names.js';

/** Splits by folders that are called like them, at the top or below `images`; none where there are none. */
export function foldersOf(paths: readonly string[], file: string): DatasetManifest['splits'] {
  const folders = new Set(paths.flatMap((path) => ancestors(path)));
  for (const depth of [1, 2, 3]) {
    const level = [...folders].filter((folder) => folder.split('/').length === depth);
    const found = splitsIn(level.map((folder) => folder.split('/').at(-1) ?? ''));
    const entries = Object.entries(found).map(([split, name]) => {
      const folder = level.find((one) => one.split('/').at(-1) === name) ?? name;
      // train/images and train/labels beside each other.
      const inner = folders.has(`${folder}/images`) ? `${folder}/images` : folder;
      return [split, { file, folder: inner, start: 0 }] as const;
    });
    if (entries.length > 0) return Object.fromEntries(entries);
  }
  return {};
}

function ancestors(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, at) => names.slice(0, at + 1).join('/'));
}

/**
 * Names of the classes, which are folders within those of the splits, in the order of the alphabet; null where samples
 * lie in none.
 */
export function labelsByFolder(
  paths: readonly string[],
  splits: DatasetManifest['splits'],
  { model, note }: Scene,
): string[] | null {
  const folders = Object.values(splits).flatMap((split) => (split?.folder === undefined ? [] : [split.folder]));
  const names = paths.flatMap((path) => {
    if (folders.length === 0) return [classOf(path)];
    const folder = folders.find((one) => path.startsWith(`${one}/`));
    return folder === undefined ? [] : [classOf(path, folder)];
  });
  const classes = [...new Set(names)].toSorted();
  if (classes.length > 1 && classes.includes(''))
    note(
      'splits',
      'no labels are guessed, as some files lie in folders of classes and others in none: move or remove those',
    );
  if (classes.length === 0 || classes.includes('')) return null;
  const scores = scoresOf(model);
  note(
    'labels',
    scores !== null && scores !== classes.length
      ? `${classes.length} folders, and the model has ${scores} scores: make this the list of its classes, in its order`
      : 'the folders in the order of the alphabet, as torchvision and Keras take them',
  );
  return classes;
}

import { join } from 'node:path';
import type { DatasetManifest } from '#contracts';
import { openArrayFile } from '../array-file.js';
import { DTYPES } from '../dtype.js';
import { DatasetError } from '../errors.js';
import { rowBytes, type ArrayFile, type StoredArray } from '../stored-array.js';
import { fitInput } from './fit-input.js';
import { inParts, keyOf, scoresOf, type Found, type Scene } from './scene.js';
import { splitsIn } from './split-names.js';

const LABELS = /^(y|labels?|targets?|classes|class)([-_.](train|test|val|valid))?$/i;
const SPLIT_ENDING = /[-_.]?(train|test|val|valid)$/i;

/** A data set of files of arrays: which array feeds which input by its name and shape, and which holds the labels. */
export async function guessArrays(files: readonly string[], scene: Scene): Promise<Found> {
  const [first = ''] = files;
  const arrays = await openArrayFile(join(scene.folder, first), { readableOnly: true });
  try {
    const names = [...arrays.keys(), ...arrays.words.keys()];
    const inFile = splitsIn(names.filter((name) => SPLIT_ENDING.test(name)));
    const isSplit = inFile.train !== undefined && inFile.test !== undefined;
    const shown = isSplit ? names.filter((name) => /[-_.]?train$/i.test(name)) : names;
    const calledHere = (name: string) => (isSplit ? name.replace(SPLIT_ENDING, '') : name);
    const labelName = shown.find((name) => LABELS.test(name));
    const inputs = inputsOf(
      arrays,
      shown.filter((name) => name !== labelName),
      calledHere,
      scene,
      first,
    );
    const labels =
      labelName === undefined ? undefined : await labelsOf(arrays, labelName, calledHere(labelName), scene);
    if (!labels)
      scene.note('inputs', 'no array looks like labels: there will be no accuracy, only the distance to the original');
    const splits = isSplit ? splitsWithin(first, shown, names) : splitsOver(files);
    return { inputs, ...(labels ? { labels } : {}), splits };
  } finally {
    arrays.close();
  }
}

function inputsOf(
  arrays: ArrayFile,
  names: readonly string[],
  calledHere: (name: string) => string,
  { model, note }: Scene,
  file: string,
): Found['inputs'] {
  const inputs: Found['inputs'] = {};
  const taken = new Set<string>();
  for (const input of model.inputs) {
    const fitting = names.flatMap((name) => {
      const array = arrays.get(name);
      if (!array || taken.has(name) || array.dims.length === 0) return [];
      const ops = fitInput(input, { type: DTYPES[array.dtype].host, dims: array.dims.slice(1) });
      return ops ? [{ name, ops }] : [];
    });
    const best = fitting.find(({ name }) => calledHere(name) === input.name) ?? fitting[0];
    if (!best) continue;
    taken.add(best.name);
    const key = keyOf(model, input);
    inputs[key] = { array: calledHere(best.name), preprocess: best.ops };
    if (best.ops.some(({ op }) => op === 'scale'))
      note(`inputs.${key}`, 'bytes become 0..1: correct it if the model was trained on other values');
  }
  if (Object.keys(inputs).length > 0) return inputs;
  throw new DatasetError('dataset_array', 'no array fits an input of the model', {
    file,
    expected: model.inputs.map(({ name, type, dims }) => `${name}: ${type} [${dims?.join(', ') ?? ''}]`).join('; '),
    got: names.map((name) => `${name}: [${arrays.get(name)?.dims.join(', ') ?? 'words'}]`).join('; '),
    wayOut: 'write a manifest with the preprocessing that it takes: docs/datasets.md shows one',
  });
}

async function labelsOf(
  arrays: ArrayFile,
  name: string,
  shown: string,
  { model, note }: Scene,
): Promise<DatasetManifest['labels']> {
  const words = arrays.words.get(name);
  if (words) {
    note('labels', 'the classes in the order of the alphabet: make it that of the scores of the model');
    return { array: shown, classes: [...new Set(await words.read())].toSorted() };
  }
  const array = arrays.get(name);
  const scores = scoresOf(model);
  if (!array || scores === null) return { array: shown };
  if (array.dims.length === 2 && array.dims[1] === scores) return { array: shown, classes: scores, oneHot: true };
  const { least, most } = await rangeOf(array);
  const first = least >= 1 && most === scores ? { first: 1 } : {};
  if (most >= scores && !('first' in first))
    note('labels', `labels go up to ${most}, and the model has ${scores} scores`);
  return { array: shown, classes: Math.max(scores, most + ('first' in first ? 0 : 1)), ...first };
}

async function rangeOf(array: StoredArray): Promise<{ least: number; most: number }> {
  const rows = await array.openRows();
  const bytes = new Uint8Array(rowBytes(array) * (array.dims[0] ?? 0));
  rows.read(0, bytes);
  rows.close();
  let [least, most] = [Infinity, -Infinity];
  for (const value of DTYPES[array.dtype].decode(bytes.buffer)) {
    least = Math.min(least, Number(value));
    most = Math.max(most, Number(value));
  }
  return { least, most };
}

/** x_train and x_test in one file. */
function splitsWithin(file: string, shown: readonly string[], names: readonly string[]): DatasetManifest['splits'] {
  const called = (ending: string) =>
    Object.fromEntries(
      shown.flatMap((name) => {
        const own = name.replace(/train$/i, ending);
        return names.includes(own) ? [[name.replace(SPLIT_ENDING, ''), own]] : [];
      }),
    );
  const part = (split: 'train' | 'test') => ({ file, start: 0, arrays: called(split) });
  return { train: part('train'), test: part('test') };
}

function splitsOver(files: readonly string[]): DatasetManifest['splits'] {
  const found = splitsIn(files);
  const [first = ''] = files;
  if (Object.keys(found).length === 0) return inParts(first);
  const splits = Object.entries(found).map(([split, file]) => [split, { file, start: 0 }]);
  return Object.fromEntries(splits);
}

import { join } from 'node:path';
import { counted, type DatasetManifest, type ValueSummary } from '#contracts';
import { openArrayFile } from '../array-file.js';
import { DatasetError } from '../errors.js';
import type { ArrayFile } from '../stored-array.js';
import { castFloats } from './fit-input.js';
import { inParts, keyOf, scoresOf, type Found, type ManifestInput, type Scene } from './scene.js';
import { splitsIn } from './split-names.js';

const LABEL = /^(y|labels?|targets?|class|classes|species|category)$/i;
const MASK = /mask/i;
/** Columns that are named at most. */
const MOST_TOLD = 5;

/**
 * A data set of tables: columns of numbers for an input of so many, lists of tokens by their names, and the column of
 * labels.
 */
export async function guessTable(files: readonly string[], scene: Scene): Promise<Found> {
  const [first = ''] = files;
  const table = await openArrayFile(join(scene.folder, first)).catch(async (error: unknown) => {
    // Lists of unequal lengths are no arrays: only tokens can be made of them.
    if (!(error instanceof DatasetError) || error.code !== 'dataset_value' || error.array === undefined) throw error;
    const { names } = await openArrayFile(join(scene.folder, first), { names: new Set() });
    const otherNames = names.filter((name) => name !== error.array);
    return openArrayFile(join(scene.folder, first), { names: new Set(otherNames) });
  });
  try {
    const names = table.names;
    const called = names.find((name) => LABEL.test(name));
    const label = called ?? names.findLast((name) => table.words.has(name));
    const inputs = Object.fromEntries(
      scene.model.inputs.flatMap((input): [string, ManifestInput][] => {
        const found = inputOf(
          input,
          table,
          names.filter((name) => name !== label),
        );
        if (found) tellOfWidth(input, found.width, scene);
        return found ? [[keyOf(scene.model, input), found.input]] : [];
      }),
    );
    const labels = label === undefined ? undefined : await labelsOf(table, label, scene);
    tellOfTable(
      table,
      names.filter((name) => name !== label && table.words.has(name)),
      scene,
    );
    const splits = splitsIn(files);
    return {
      inputs,
      ...(labels ? { labels } : {}),
      splits:
        Object.keys(splits).length === 0
          ? inParts(first)
          : Object.fromEntries(Object.entries(splits).map(([split, file]) => [split, { file, start: 0 }])),
    };
  } finally {
    table.close();
  }
}

/** How the table was read, and which columns of words no input takes. */
function tellOfTable({ warnings }: ArrayFile, ofWords: readonly string[], { note }: Scene): void {
  const told = ofWords.slice(0, MOST_TOLD).map((name) => `"${name}"`);
  const more = ofWords.length > MOST_TOLD ? ` and ${ofWords.length - MOST_TOLD} more` : '';
  const left = `${told.join(', ')}${more}: not numbers in every row, and fed to no input: mend the rows if they should be`;
  const texts = [...warnings, ...(ofWords.length > 0 ? [left] : [])];
  if (texts.length > 0) note('splits', texts.join('; '));
}

function inputOf(
  { name, type, dims }: ValueSummary,
  table: ArrayFile,
  columns: readonly string[],
): { input: ManifestInput; width: number } | null {
  if (type === 'int64' && dims?.length === 2) {
    const length = typeof dims[1] === 'number' && dims[1] > 0 ? dims[1] : 128;
    const column = columns.includes(name) ? name : columns.find((one) => /ids|tokens/i.test(one));
    if (column === undefined) return null;
    const tokens = { column, length, pad: 0, mask: MASK.test(name) && column !== name };
    return { input: { tokens, preprocess: [] }, width: length };
  }
  const numbers = columns.filter((column) => table.get(column)?.dims.length === 1);
  const [first, last] = [numbers[0], numbers.at(-1)];
  if (first === undefined || last === undefined) return null;
  const isRun = columns.indexOf(last) - columns.indexOf(first) + 1 === numbers.length && numbers.length > 1;
  const input = { columns: isRun ? [`${first}..${last}`] : numbers, preprocess: castFloats(type) };
  return { input, width: numbers.length };
}

/** Whether as many numbers as the table has are what the input takes. */
function tellOfWidth(input: ValueSummary, width: number, { model, note }: Scene): void {
  const { name, dims } = input;
  if (!dims) return;
  const [, ...sample] = dims;
  const isOpen = (dim: number | string | undefined) => typeof dim !== 'number' || dim <= 0 || dim === width;
  if (sample.length === 1 && isOpen(sample[0])) return;
  note(
    `inputs.${keyOf(model, input)}`,
    `the table has ${counted(width, 'column')} of numbers, the input "${name}" takes [${dims.join(', ')}]: choose columns, or add { op: reshape }`,
  );
}

async function labelsOf(table: ArrayFile, label: string, { model, note }: Scene): Promise<DatasetManifest['labels']> {
  const words = table.words.get(label);
  const scores = scoresOf(model);
  if (!words) return { array: label, ...(scores === null ? {} : { classes: scores }) };
  note('labels', 'the classes in the order of the alphabet: make it that of the scores of the model');
  return { array: label, classes: [...new Set(await words.read())].toSorted() };
}

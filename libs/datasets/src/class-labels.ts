import { classesOf, nearestName, type DatasetLabels } from '#contracts';
import { DTYPES } from './dtype.js';
import { DatasetError } from './errors.js';
import { memoryRows } from './rows.js';
import type { StoredArray, StoredWords } from './stored-array.js';

/** Refuses an array that cannot hold the classes of samples as the manifest describes them. Throws DatasetError. */
export function checkClassLayout(array: StoredArray, labels: DatasetLabels, file: string): void {
  const { count = 0 } = classesOf(labels) ?? {};
  const where = { file, array: array.name };
  const rest = array.dims.slice(1).filter((dim) => dim !== 1);
  if (labels.oneHot) {
    if (rest.length === 1 && rest[0] === count) return;
    throw new DatasetError('dataset_labels', 'one score for each class', {
      ...where,
      expected: `[samples, ${count}]`,
      got: `[${array.dims}]`,
      wayOut: 'correct classes in the manifest, or leave oneHot out',
    });
  }
  const host = DTYPES[array.dtype].host;
  if (host === 'float32' || host === 'float64')
    throw new DatasetError('dataset_labels', 'labels are class numbers', {
      ...where,
      expected: 'integers',
      got: array.dtype,
      wayOut: 'convert them with astype("int64"), or leave classes out when they are numbers to regress',
    });
  if (rest.length > 0)
    throw new DatasetError('dataset_labels', 'one label per sample', {
      ...where,
      expected: '[samples]',
      got: `[${array.dims}]`,
      wayOut: 'for one-hot labels add oneHot: true to the labels in the manifest',
    });
}

/**
 * The classes of all rows of an array, from stored values. Labels are compared as they are stored: made narrower first,
 * one far out of range could become one within it. Throws DatasetError for the first that is none; `start` is its row
 * for the message.
 */
export function classNumbers(
  values: ArrayLike<number | bigint>,
  labels: DatasetLabels,
  place: { file: string; array: string; start: number },
): Int32Array {
  const { count = 0 } = classesOf(labels) ?? {};
  if (labels.oneHot) return highest(values, count, place);
  const first = labels.first ?? 0;
  const numbers = new Int32Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const label = values[i] ?? -1;
    if (!(label >= first && label < first + count)) {
      const expected = `${first}..${first + count - 1}`;
      throw wrongLabel(place, i, {
        expected,
        got: `${label}`,
        wayOut: 'correct the labels, or classes in the manifest',
      });
    }
    numbers[i] = Number(label) - first;
  }
  return numbers;
}

function highest(
  values: ArrayLike<number | bigint>,
  count: number,
  place: { file: string; array: string; start: number },
): Int32Array {
  const numbers = new Int32Array(values.length / count);
  for (let row = 0; row < numbers.length; row++) {
    const scores = Array.from({ length: count }, (_, c) => Number(values[row * count + c]));
    const most = Math.max(...scores);
    const at = scores.indexOf(most);
    if (Number.isNaN(most) || scores.indexOf(most, at + 1) >= 0) {
      const got = scores.slice(0, MAX_TOLD).join(', ');
      throw wrongLabel(place, row, {
        expected: 'one score above all others',
        got,
        wayOut: 'correct it, or leave the sample out',
      });
    }
    numbers[row] = at;
  }
  return numbers;
}

const MAX_TOLD = 10;

function wrongLabel(
  { file, array, start }: { file: string; array: string; start: number },
  row: number,
  facts: { expected: string; got: string; wayOut: string },
): DatasetError {
  return new DatasetError('dataset_labels', `label of sample ${start + row}`, { file, array, ...facts });
}

/**
 * Words as the array of the numbers that they have in the manifest's list of classes. Throws DatasetError for a word
 * that is not in it.
 */
export async function wordsAsClasses(words: StoredWords, labels: DatasetLabels, file: string): Promise<StoredArray> {
  const names = classesOf(labels)?.names;
  const found = await words.read();
  if (!names) {
    const distinct = [...new Set(found)].toSorted();
    throw new DatasetError('dataset_labels', 'labels are words', {
      file,
      array: words.name,
      expected: 'a list of the classes in the manifest',
      got: told(distinct),
      wayOut: 'write them as classes: [first, second, …], in the order of the scores of the model',
    });
  }
  if (labels.oneHot || labels.first !== undefined)
    throw new DatasetError('dataset_labels', 'labels are words', {
      file,
      array: words.name,
      expected: 'numbers, as oneHot and first are for them',
      wayOut: 'leave oneHot and first out of the labels in the manifest',
    });
  // macOS writes letters of folder names apart from their accents, which nobody can see.
  const numbers = new Map(names.map((name, number) => [name.normalize(), number]));
  const classes = Int32Array.from(found, (word, row) => {
    const number = numbers.get(word.normalize());
    if (number !== undefined) return number;
    const near = nearestName(word, names);
    const wayOut =
      near === undefined ? 'add it to classes in the manifest' : `is "${near}" meant? Correct the label or the list`;
    const place = { file, array: words.name, start: 0 };
    throw wrongLabel(place, row, { expected: told(names), got: `"${word}"`, wayOut });
  });
  const bytes = new Uint8Array(classes.buffer);
  const openRows = async () => memoryRows(bytes, Int32Array.BYTES_PER_ELEMENT);
  return { name: words.name, dtype: 'i4', dims: [classes.length], openRows };
}

function told(names: readonly string[]): string {
  const more = names.length > MAX_TOLD ? ` and ${names.length - MAX_TOLD} more` : '';
  return `${names
    .slice(0, MAX_TOLD)
    .map((name) => `"${name}"`)
    .join(', ')}${more}`;
}

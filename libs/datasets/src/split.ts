import { inputSource, type DatasetInput, type DatasetManifest, type Split, type SplitName } from '#contracts';
import type { HostTensor } from '#inference';
import { randomOrder, seededRandom } from '#numbers';
import { checkClassLayout, wordsAsClasses } from './class-labels.js';
import { filledTensor, stateSample } from './constant.js';
import { DTYPES } from './dtype.js';
import { DatasetError } from './errors.js';
import { preparePreprocessing, type Preprocessing, type SampleType } from './preprocess.js';
import type { ArrayFile, StoredArray } from './stored-array.js';

/** What serves one input of a split. */
export type SplitInput =
  | { kind: 'stored'; array: StoredArray; preprocessing: Preprocessing }
  | { kind: 'constant'; tensor: HostTensor }
  | { kind: 'state'; sample: SampleType; initial: number };

/** A split whose arrays were found and agree with each other; no value has been read yet. */
export interface SplitArrays {
  file: string;
  /** First row of the split in its arrays. */
  start: number;
  count: number;
  /** By the manifest's input names. */
  inputs: Record<string, SplitInput>;
  labels: StoredArray | null;
  /** Rows of its arrays from the first on, and which of them belong to it, in order: all by default. */
  range: number;
  rows?: Uint32Array;
  /** What was left out of its file, a sentence each. */
  warnings: readonly string[];
}

/** Key under which a reader serves what was made for an input. */
export const inputKey = (input: string): string => `input ${input}`;
/** Key under which a reader serves boxes. */
export const LABELS_KEY = 'labels';

/**
 * Finds a split's arrays in its file. Throws DatasetError: missing array, lengths that differ, a range past the end,
 * labels that are no class numbers.
 */
export async function resolveSplit(
  name: SplitName,
  split: Split,
  manifest: DatasetManifest,
  arrays: ArrayFile,
): Promise<SplitArrays> {
  const { file } = split;
  const called = (array: string): string => split.arrays?.[array] ?? array;
  const place = { file, called };
  const resolved = Object.entries(manifest.inputs).map(([input, form]) => [
    input,
    resolveInput(input, form, arrays, place),
  ]);
  const inputs: SplitArrays['inputs'] = Object.fromEntries(resolved);
  const labels = await resolveLabels(manifest, arrays, place);
  const stored = Object.values(inputs).flatMap((input) => (input.kind === 'stored' ? [input.array] : []));
  const rows = commonRows([...stored, ...(labels ? [labels] : [])], file, name);
  const steps = manifest.sequence?.steps ?? 1;
  return { ...samplesOf(name, split, rows, steps), file, inputs, labels, warnings: arrays.warnings };
}

/** A split's file, and what an array is called there. */
interface Place {
  file: string;
  called(array: string): string;
}

function resolveInput(input: string, form: DatasetInput, arrays: ArrayFile, { file, called }: Place): SplitInput {
  if (form.constant !== undefined) return { kind: 'constant', tensor: filledTensor(form) };
  if (form.state) return { kind: 'state', sample: stateSample(form.state), initial: form.state.initial };
  const key = inputSource(form) === 'array' ? called(form.array ?? '') : inputKey(input);
  const array = findArray(arrays, key, file);
  const sample = { type: DTYPES[array.dtype].host, dims: array.dims.slice(1) };
  return { kind: 'stored', array, preprocessing: prepare(form.preprocess, sample, file, array.name) };
}

async function resolveLabels(
  { labels }: DatasetManifest,
  arrays: ArrayFile,
  { file, called }: Place,
): Promise<StoredArray | null> {
  if (!labels) return null;
  if (labels.boxes) return findArray(arrays, LABELS_KEY, file);
  const name = called(labels.array ?? '');
  const words = arrays.words.get(name);
  if (words) return wordsAsClasses(words, labels, file);
  const array = findArray(arrays, name, file);
  if (labels.classes !== undefined) checkClassLayout(array, labels, file);
  return array;
}

/** Which rows of the arrays a split has. */
function samplesOf(
  name: SplitName,
  { file, start, count, part, seed = 0 }: Split,
  rows: number,
  steps: number,
): Pick<SplitArrays, 'start' | 'count' | 'range' | 'rows'> {
  if (part) {
    const sequences = Math.floor(rows / steps);
    const [from, to] = part.map((share) => Math.round(share * sequences)) as [number, number];
    const chosen = randomOrder(sequences, seededRandom(seed)).slice(from, to).toSorted();
    const rowOf = (i: number) => (chosen[Math.floor(i / steps)] ?? 0) * steps + (i % steps);
    const taken = Uint32Array.from({ length: chosen.length * steps }, (_, i) => rowOf(i));
    if (taken.length > 0) return { start: 0, count: taken.length, range: rows, rows: taken };
    throw outside(name, file, `a part of ${rows} samples that has one`, `[${part}], which has none`);
  }
  const size = count ?? rows - start;
  if (size < 1 || start + size > rows)
    throw outside(name, file, `samples within 0..${rows}`, `${start}..${start + size}`);
  if (start % steps !== 0 || size % steps !== 0)
    throw outside(name, file, `whole sequences of ${steps} steps`, `samples ${start}..${start + size}`);
  return { start, count: size, range: size };
}

function outside(name: string, file: string, expected: string, got: string): DatasetError {
  return new DatasetError('dataset_split', `split "${name}" lies outside its arrays`, {
    file,
    expected,
    got,
    wayOut: 'correct start, count or part in the manifest',
  });
}

const MAX_LISTED = 40;

function namesIn({ names }: ArrayFile): string {
  if (names.length === 0) return 'none: the file is empty';
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return `one of ${names.slice(0, MAX_LISTED).join(', ')}${more}`;
}

function findArray(arrays: ArrayFile, name: string, file: string): StoredArray {
  const array = arrays.get(name);
  if (!array && arrays.words.has(name))
    throw new DatasetError('dataset_dtype', 'the array holds words', {
      file,
      array: name,
      expected: 'numbers',
      wayOut: 'words may be labels; for an input convert them to numbers',
    });
  if (!array)
    throw new DatasetError('dataset_array', 'the file has no such array', {
      file,
      array: name,
      expected: namesIn(arrays),
      wayOut: 'correct the name in the manifest',
    });
  if (array.dims.length === 0)
    throw new DatasetError('dataset_shape', 'a scalar has no samples', {
      file,
      array: name,
      expected: 'a first axis of samples',
      wayOut: 'what is the same for every sample is written in the manifest: constant: 1',
    });
  return array;
}

function prepare(ops: DatasetInput['preprocess'], sample: SampleType, file: string, array: string): Preprocessing {
  try {
    return preparePreprocessing(ops, sample);
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    throw error.at({ file, array });
  }
}

function commonRows(arrays: readonly StoredArray[], file: string, split: SplitName): number {
  const [first] = arrays;
  if (!first)
    throw new DatasetError('dataset_input', `nothing of split "${split}" counts samples`, {
      file,
      expected: 'an input with an array, pictures, recordings or columns',
      wayOut: 'constants and states alone make no samples: add an input that is read from the file',
    });
  const other = arrays.find((array) => array.dims[0] !== first.dims[0]);
  if (other) {
    throw new DatasetError(
      'dataset_shape',
      `arrays "${first.name}" and "${other.name}" disagree on the number of samples`,
      {
        file,
        array: other.name,
        expected: `${first.dims[0]} as in "${first.name}"`,
        got: `${other.dims[0]}`,
        wayOut: 'every array needs one row per sample',
      },
    );
  }
  return first.dims[0] ?? 0;
}

import type { DatasetManifest, Split, SplitName } from '#contracts';
import { DTYPES } from './dtype.js';
import { DatasetError } from './errors.js';
import { preparePreprocessing, type Preprocessing } from './preprocess.js';
import type { ArrayFile, StoredArray } from './stored-array.js';

export interface SplitInput {
  array: StoredArray;
  preprocessing: Preprocessing;
}

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
}

/** Finds a split's arrays in its file. Throws DatasetError: missing array, lengths that differ, a range past the end, labels that are no class numbers. */
export function resolveSplit(name: SplitName, split: Split, manifest: DatasetManifest, arrays: ArrayFile): SplitArrays {
  const { file } = split;
  const inputs = Object.fromEntries(
    Object.entries(manifest.inputs).map(([input, { array: arrayName, preprocess }]): [string, SplitInput] => {
      const array = findArray(arrays, arrayName, file);
      const sample = { type: DTYPES[array.dtype].host, dims: array.dims.slice(1) };
      return [input, { array, preprocessing: prepare(preprocess, sample, file, arrayName) }];
    }),
  );
  const labels = manifest.labels ? findArray(arrays, manifest.labels.array, file) : null;
  if (labels && manifest.labels?.classes !== undefined) checkClassLayout(labels, file);
  const rows = commonRows([...Object.values(inputs).map(({ array }) => array), ...(labels ? [labels] : [])], file);
  const count = split.count ?? rows - split.start;
  if (count < 1 || split.start + count > rows) {
    throw new DatasetError('dataset_split', `split "${name}" lies outside its arrays`, {
      file,
      expected: `samples within 0..${rows}`,
      got: `${split.start}..${split.start + count}`,
      wayOut: 'correct start or count in the manifest',
    });
  }
  return { file, start: split.start, count, range: count, inputs, labels };
}

const MAX_LISTED = 40;

function namesIn({ names }: ArrayFile): string {
  if (names.length === 0) return 'none: the file is empty';
  return `one of ${names.slice(0, MAX_LISTED).join(', ')}${names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : ''}`;
}

function findArray(arrays: ArrayFile, name: string, file: string): StoredArray {
  const array = arrays.get(name);
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
    });
  return array;
}

function prepare(
  ops: DatasetManifest['inputs'][string]['preprocess'],
  sample: { type: Preprocessing['result']['type']; dims: number[] },
  file: string,
  array: string,
): Preprocessing {
  try {
    return preparePreprocessing(ops, sample);
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    throw error.at({ file, array });
  }
}

function checkClassLayout(labels: StoredArray, file: string): void {
  const host = DTYPES[labels.dtype].host;
  if (host === 'float32' || host === 'float64') {
    throw new DatasetError('dataset_labels', 'labels are class numbers', {
      file,
      array: labels.name,
      expected: 'integers',
      got: labels.dtype,
      wayOut: 'convert them with astype("int64"), or leave classes out when they are numbers to regress',
    });
  }
  if (labels.dims.slice(1).some((dim) => dim !== 1)) {
    throw new DatasetError('dataset_labels', 'one label per sample', {
      file,
      array: labels.name,
      expected: '[samples]',
      got: `[${labels.dims}]`,
      wayOut: 'for one-hot labels store argmax(axis=1)',
    });
  }
}

function commonRows(arrays: readonly StoredArray[], file: string): number {
  const first = arrays[0]!;
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
  return first.dims[0]!;
}

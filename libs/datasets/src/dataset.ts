import { join } from 'node:path';
import type { DatasetManifest, SplitName } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';
import { openArrayFile } from './array-file.js';
import { bindNames } from './bind.js';
import { DTYPES, type HostData } from './dtype.js';
import { DatasetError } from './errors.js';
import { readManifest } from './manifest.js';
import { findNonFinite, type NonFinite } from './non-finite.js';
import type { SampleType } from './preprocess.js';
import { shuffledIndices } from './random.js';
import type { Rows } from './rows.js';
import { resolveSplit, type SplitArrays } from './split.js';
import { rowBytes, type ArrayFile, type StoredArray } from './stored-array.js';

export interface BatchOptions {
  batchSize: number;
  /** At most so many samples in all. */
  limit?: number;
  /** Samples to leave out first, in the order in which they are served: where an interrupted run resumes. */
  start?: number;
  /** Serves the split in an order that this number alone decides; without it, in stored order. */
  shuffleSeed?: number;
  /** Leaves out a last batch that is not full. */
  dropLast?: boolean;
}

/** Samples ready for a session: every input has `size` samples along its first axis. */
export interface Batch {
  inputs: HostTensors;
  /** Class numbers, or null when the data set has no labels that are classes. */
  labels: Int32Array | null;
  /** Numbers to regress, in rows, or null when the labels are none. */
  targets: HostTensor | null;
  size: number;
}

/** Reads a data set's manifest and array headers, from a stage's folder or a user's own. Values are read batch by batch. Throws DatasetError. */
export async function openDataset(folder: string): Promise<Dataset> {
  const manifest = await readManifest(folder);
  const wanted = new Set([
    ...Object.values(manifest.inputs).map(({ array }) => array),
    ...(manifest.labels ? [manifest.labels.array] : []),
  ]);
  const files = new Map<string, ArrayFile>();
  const splits = new Map<SplitName, SplitArrays>();
  for (const [name, split] of Object.entries(manifest.splits)) {
    if (!split) continue;
    if (!files.has(split.file)) files.set(split.file, await openArrayFile(join(folder, split.file), wanted));
    splits.set(name as SplitName, resolveSplit(name as SplitName, split, manifest, files.get(split.file)!));
  }
  if (splits.size === 0)
    throw new DatasetError('dataset_split', 'the data set has no split', {
      expected: 'calibration, train or test',
      wayOut: 'name at least one under splits in the manifest',
    });
  checkSameSamples(splits);
  if (manifest.labels?.classes === undefined) checkSameTargets(splits);
  return new Dataset(
    manifest,
    splits,
    Object.fromEntries(Object.keys(manifest.inputs).map((name) => [name, name])),
    new Map(),
    new Map(),
  );
}

/** An opened data set. Memory: the arrays that are compressed and small, the labels, and one batch at a time. */
export class Dataset {
  /** @internal Use openDataset. */
  constructor(
    readonly manifest: DatasetManifest,
    private readonly splits: ReadonlyMap<SplitName, SplitArrays>,
    /** Name under which an input is served -> its name in the manifest. */
    private readonly names: Readonly<Record<string, string>>,
    private readonly openedRows: Map<StoredArray, Promise<Rows>>,
    private readonly knownLabels: Map<SplitName, Promise<Int32Array>>,
  ) {}

  get inputNames(): string[] {
    return Object.keys(this.names);
  }

  /** Number of classes, or null when the data set has no labels that are classes. */
  get classes(): number | null {
    return this.manifest.labels?.classes ?? null;
  }

  /** Shape of one sample's numbers to regress, or null when labels are classes or missing. */
  get targetDims(): readonly number[] | null {
    const [split] = this.splits.values();
    return this.classes === null && split?.labels ? split.labels.dims.slice(1) : null;
  }

  get splitNames(): SplitName[] {
    return [...this.splits.keys()];
  }

  hasSplit(split: SplitName): boolean {
    return this.splits.has(split);
  }

  /** Samples of a split. Throws DatasetError when the data set has none of that name. */
  sampleCount(split: SplitName): number {
    return this.split(split).count;
  }

  /** Type and shape of one sample of an input, after preprocessing. */
  sampleType(inputName: string): SampleType {
    const [split] = this.splits.values();
    return split!.inputs[this.manifestName(inputName)]!.preprocessing.result;
  }

  /**
   * The split to use for a purpose: the one of that name, and for calibration else the training split. The test split is
   * never taken for another, since figures measured on it would then mean nothing. Throws DatasetError when there is none.
   */
  splitFor(purpose: SplitName): SplitName {
    if (this.hasSplit(purpose)) return purpose;
    if (purpose === 'calibration' && this.hasSplit('train')) return 'train';
    return this.missingSplit(purpose);
  }

  /**
   * The same data served under a model's input names: by equal name, or "*" for the only input. Inputs that the model does
   * not ask for are left out. Throws DatasetError when one is missing.
   */
  bindInputs(modelInputNames: readonly string[]): Dataset {
    return new Dataset(
      this.manifest,
      this.splits,
      bindNames(Object.keys(this.manifest.inputs), modelInputNames),
      this.openedRows,
      this.knownLabels,
    );
  }

  /**
   * The same data with the train split parted in two at random: as the train split of `train` and of `held`. Each has a sample at least;
   * the parts depend on share and seed alone. Throws DatasetError when the split has a single sample or is missing.
   */
  holdOut(share: number, seed: number): { train: Dataset; held: Dataset } {
    const split = this.split('train');
    if (split.count < 2)
      throw new DatasetError('dataset_split', 'the train split cannot be parted', {
        file: split.file,
        expected: '2 samples or more',
        got: `${split.count}`,
      });
    const order = shuffledIndices(split.count, seed);
    const count = Math.min(split.count - 1, Math.max(1, Math.round(share * split.count)));
    return {
      train: this.withTrainRows(split, order.slice(count)),
      held: this.withTrainRows(split, order.slice(0, count)),
    };
  }

  /** Batches of a split, preprocessed, in stored or shuffled order. Throws DatasetError, for labels out of range at the first batch. */
  async *batches(splitName: SplitName, options: BatchOptions): AsyncGenerator<Batch, void, void> {
    const { batchSize, start = 0, limit = Infinity, dropLast = false } = options;
    const split = this.split(splitName);
    const labels = await this.labelsInFile(splitName);
    const order = options.shuffleSeed === undefined ? null : shuffledIndices(split.count, options.shuffleSeed);
    const end = Math.min(split.count, start + limit);
    for (let first = start; first < end; first += batchSize) {
      const size = Math.min(batchSize, end - first);
      if (dropLast && size < batchSize) return;
      const indices = rowsOf(split, order ? order.subarray(first, first + size) : first, size);
      yield {
        inputs: await this.inputs(split, indices, size),
        labels: labels && pick(labels, indices, size),
        targets: await this.targets(split, indices, size),
        size,
      };
    }
  }

  /** All labels of a split in stored order, checked against the number of classes; null without labels. */
  async labels(splitName: SplitName): Promise<Int32Array | null> {
    const { rows } = this.split(splitName);
    const labels = await this.labelsInFile(splitName);
    return labels && rows ? pick(labels, rows, rows.length) : labels;
  }

  /**
   * Reads every value that a split serves: checksums, labels, targets, casts that a value does not fit. Throws DatasetError; returns what may be
   * meant and should be known, a sentence each: samples that are not finite.
   */
  async examine(splitName: SplitName): Promise<string[]> {
    const split = this.split(splitName);
    await this.labels(splitName);
    if (split.labels && this.classes === null) await this.checkTargets(split, split.labels);
    const warnings: string[] = [];
    for (const [input, { array }] of Object.entries(split.inputs)) {
      const found = findNonFinite(await this.rows(array), array, split.start, split.range);
      if (found) warnings.push(nonFiniteInput(splitName, split, array, input, found));
    }
    if (this.casts) for await (const _ of this.batches(splitName, { batchSize: EXAMINED_AT_A_TIME })) continue;
    return warnings;
  }

  private get casts(): boolean {
    return Object.values(this.manifest.inputs).some(({ preprocess }) => preprocess.some(({ op }) => op === 'cast'));
  }

  private async checkTargets(split: SplitArrays, labels: StoredArray): Promise<void> {
    const found = findNonFinite(await this.rows(labels), labels, split.start, split.range);
    if (found)
      throw new DatasetError('dataset_labels', `label of sample ${found.sample}`, {
        file: split.file,
        array: labels.name,
        expected: 'a finite number',
        got: `${found.value}`,
        wayOut: 'correct it, or leave the sample out',
      });
  }

  private async labelsInFile(splitName: SplitName): Promise<Int32Array | null> {
    const split = this.split(splitName);
    if (!split.labels || this.classes === null) return null;
    const known = this.knownLabels.get(splitName);
    if (known) return known;
    const reading = this.rows(split.labels).then((rows) => readLabels(split, split.labels!, rows, this.classes!));
    this.knownLabels.set(splitName, reading);
    return reading;
  }

  /** Closes the files. The data set cannot be read afterwards. */
  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.openedRows.values());
    for (const rows of opened) if (rows.status === 'fulfilled') rows.value.close();
    this.openedRows.clear();
  }

  private withTrainRows(split: SplitArrays, rows: Uint32Array): Dataset {
    const part = { ...split, count: rows.length, rows: split.rows ? rows.map((row) => split.rows![row]!) : rows };
    return new Dataset(
      this.manifest,
      new Map([...this.splits, ['train', part]]),
      this.names,
      this.openedRows,
      this.knownLabels,
    );
  }

  private async inputs(split: SplitArrays, indices: Uint32Array | number, size: number): Promise<HostTensors> {
    const entries = this.inputNames.map(async (name): Promise<[string, HostTensor]> => {
      const { array, preprocessing } = split.inputs[this.manifestName(name)]!;
      const rows = await this.rows(array);
      const data = placed(split, array, () =>
        preprocessing.apply(gather(rows, array, split.start, indices, size), size),
      );
      refuseNaN(split, array, data, indices, size);
      const { type, dims } = preprocessing.result;
      return [name, { type, dims: [size, ...dims], data } as HostTensor];
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  private async targets(split: SplitArrays, indices: Uint32Array | number, size: number): Promise<HostTensor | null> {
    if (!split.labels || this.classes !== null) return null;
    const { labels } = split;
    const rows = await this.rows(labels);
    const data = placed(split, labels, () => gather(rows, labels, split.start, indices, size));
    refuseNaN(split, labels, data, indices, size);
    return {
      type: 'float32',
      dims: [size, ...labels.dims.slice(1)],
      data: Float32Array.from(data as ArrayLike<number | bigint>, Number),
    };
  }

  private rows(array: StoredArray): Promise<Rows> {
    const known = this.openedRows.get(array);
    if (known) return known;
    const opening = array.openRows();
    this.openedRows.set(array, opening);
    return opening;
  }

  private split(name: SplitName): SplitArrays {
    return this.splits.get(name) ?? this.missingSplit(name);
  }

  private missingSplit(name: SplitName): never {
    throw new DatasetError('dataset_split', `data set "${this.manifest.name}" has no split "${name}"`, {
      expected: `one of ${this.splitNames.join(', ')}`,
      wayOut: 'add it to the manifest',
    });
  }

  private manifestName(inputName: string): string {
    const name = this.names[inputName];
    if (name === undefined)
      throw new DatasetError('dataset_input', `no input "${inputName}"`, {
        expected: `one of ${this.inputNames.join(', ')}`,
      });
    return name;
  }
}

/** Places in a split as rows of its range. */
function rowsOf({ rows }: SplitArrays, places: Uint32Array | number, size: number): Uint32Array | number {
  if (!rows) return places;
  return typeof places === 'number' ? rows.subarray(places, places + size) : places.map((place) => rows[place]!);
}

/** Rows `indices` (or `size` rows from the first on) of an array as host values. */
function gather(rows: Rows, array: StoredArray, start: number, indices: Uint32Array | number, size: number): HostData {
  const width = rowBytes(array);
  const bytes = new Uint8Array(size * width);
  if (typeof indices === 'number') rows.read(start + indices, bytes);
  else indices.forEach((row, i) => rows.read(start + row, bytes.subarray(i * width, (i + 1) * width)));
  return DTYPES[array.dtype].decode(bytes.buffer);
}

/** A NaN is no value of a sample: whatever is measured or learnt of it would be NaN too. An infinity may be a mask. */
function refuseNaN(
  split: SplitArrays,
  array: StoredArray,
  data: HostData,
  indices: Uint32Array | number,
  size: number,
): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  const wrong = (data as Float32Array).findIndex(Number.isNaN);
  if (wrong < 0) return;
  const row = Math.floor(wrong / (data.length / size));
  const sample = split.start + (typeof indices === 'number' ? indices + row : (indices[row] ?? 0));
  throw new DatasetError('dataset_value', `sample ${sample} holds NaN`, {
    file: split.file,
    array: array.name,
    wayOut: 'mend the sample or leave it out, or correct the preprocessing that makes it',
  });
}

/** Labels are compared as they are stored: made narrower first, one far out of range could become one within it. */
function readLabels(split: SplitArrays, array: StoredArray, rows: Rows, classes: number): Int32Array {
  const stored = placed(split, array, () => gather(rows, array, split.start, 0, split.range)) as ArrayLike<
    number | bigint
  >;
  const labels = new Int32Array(stored.length);
  for (let i = 0; i < labels.length; i++) {
    const label = stored[i]!;
    if (!(label >= 0 && label < classes)) {
      throw new DatasetError('dataset_labels', `label of sample ${split.start + i}`, {
        file: split.file,
        array: array.name,
        expected: `0..${classes - 1}`,
        got: `${label}`,
        wayOut: 'correct the labels, or classes in the manifest',
      });
    }
    labels[i] = Number(label);
  }
  return labels;
}

/** Names file and array of a DatasetError that knows neither. */
function placed<T>({ file }: SplitArrays, { name }: StoredArray, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DatasetError ? error.at({ file, array: name }) : error;
  }
}

/** Samples read at a time where every sample is looked at. */
const EXAMINED_AT_A_TIME = 64;

function nonFiniteInput(
  splitName: SplitName,
  { file, range }: SplitArrays,
  { name, dims }: StoredArray,
  input: string,
  { sample, element, value, samples }: NonFinite,
): string {
  const place = dims.length > 1 ? ` at element ${element}` : '';
  return `${file}, array "${name}" (input "${input}", split ${splitName}): sample ${sample} holds ${value}${place}; ${samples} of ${range} samples are not finite: ${Number.isNaN(value) ? 'mend them or leave them out, no pass takes NaN' : 'mend them or leave them out, unless the model is made for such values'}`;
}

function pick(labels: Int32Array, indices: Uint32Array | number, size: number): Int32Array {
  return typeof indices === 'number'
    ? labels.slice(indices, indices + size)
    : Int32Array.from(indices, (row) => labels[row]!);
}

function checkSameSamples(splits: ReadonlyMap<SplitName, SplitArrays>): void {
  const [[firstName, first], ...others] = [...splits] as [[SplitName, SplitArrays], ...[SplitName, SplitArrays][]];
  for (const [name, split] of others) {
    for (const [
      input,
      {
        array,
        preprocessing: { result },
      },
    ] of Object.entries(split.inputs)) {
      const expected = first.inputs[input]!.preprocessing.result;
      if (describeSample(result) !== describeSample(expected)) {
        throw new DatasetError('dataset_shape', `samples of split "${name}" differ from those of "${firstName}"`, {
          file: split.file,
          array: array.name,
          expected: describeSample(expected),
          got: describeSample(result),
        });
      }
    }
  }
}

function checkSameTargets(splits: ReadonlyMap<string, SplitArrays>): void {
  const dimsOf = ({ labels }: SplitArrays) => `[${labels?.dims.slice(1) ?? []}]`;
  const [[firstName, first], ...others] = [...splits] as [[string, SplitArrays], ...[string, SplitArrays][]];
  for (const [name, split] of others) {
    if (dimsOf(split) === dimsOf(first)) continue;
    throw new DatasetError('dataset_labels', `labels of split "${name}" differ in shape from those of "${firstName}"`, {
      file: split.file,
      array: split.labels!.name,
      expected: dimsOf(first),
      got: dimsOf(split),
    });
  }
}

function describeSample({ type, dims }: SampleType): string {
  return `${type} [${dims}]`;
}

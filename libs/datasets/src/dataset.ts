import { classesOf, type DatasetManifest, type SplitName } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';
import { randomOrder, seededRandom } from '#numbers';
import { bindNames } from './bind.js';
import { filled } from './constant.js';
import { DatasetError } from './errors.js';
import { EXAMINED_AT_A_TIME, examineEncoded, nonFiniteInput } from './examine.js';
import { rowsInRange } from './gather.js';
import { findNonFinite } from './non-finite.js';
import type { SampleType } from './preprocess.js';
import { axisOf, SampleReader, type DatasetParts } from './sample-reader.js';
import type { SplitArrays } from './split.js';
import type { StoredArray } from './stored-array.js';

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

/** An opened data set. Memory: the arrays that are compressed and small, the labels, and one batch at a time. */
export class Dataset {
  private readonly reader: SampleReader;

  /** @internal Use openDataset. */
  constructor(private readonly parts: DatasetParts) {
    this.reader = new SampleReader(parts);
  }

  get manifest(): DatasetManifest {
    return this.parts.manifest;
  }

  get inputNames(): string[] {
    return Object.keys(this.parts.names);
  }

  /** Number of classes, or null when the data set has no labels that are classes. */
  get classes(): number | null {
    return this.manifest.labels?.boxes ? null : (classesOf(this.manifest.labels)?.count ?? null);
  }

  /** Shape of one sample's numbers to regress, or null when labels are classes or missing. */
  get targetDims(): readonly number[] | null {
    const [split] = this.parts.splits.values();
    return this.classes === null && split?.labels ? split.labels.dims.slice(1) : null;
  }

  get splitNames(): SplitName[] {
    return [...this.parts.splits.keys()];
  }

  hasSplit(split: SplitName): boolean {
    return this.parts.splits.has(split);
  }

  /** Samples of a split. Throws DatasetError when the data set has none of that name. */
  sampleCount(split: SplitName): number {
    return this.split(split).count;
  }

  /** Type and shape of one sample of an input, after preprocessing. */
  sampleType(inputName: string): SampleType {
    const [split] = this.parts.splits.values();
    const input = split?.inputs[this.manifestName(inputName)];
    if (input?.kind === 'stored') return input.preprocessing.result;
    if (input?.kind === 'state') return input.sample;
    return { type: input?.tensor.type ?? 'float32', dims: input?.tensor.dims ?? [] };
  }

  /** The manifest's name of an input. */
  sourceOf(inputName: string): string {
    return this.manifestName(inputName);
  }

  /** Bytes of one sample of an input as a session takes it. */
  stateBytes(inputName: string): number {
    const { type, dims } = this.sampleType(inputName);
    return filled(
      0,
      dims.reduce((product, dim) => product * dim, 1),
      type,
    ).byteLength;
  }

  /**
   * Axis along which an input's samples lie; null for one that has none: a constant, or an input of a single sample.
   */
  batchAxis(inputName: string): number | null {
    return axisOf(this.manifest.inputs[this.manifestName(inputName)]);
  }

  /**
   * How many samples a model's inputs fix a run to, by the axes along which this data set lays them; null where they
   * are free.
   */
  batchOf(inputs: readonly { name: string; dims: readonly (number | string)[] | null }[]): number | null {
    for (const { name, dims } of inputs) {
      if (this.manifest.inputs[this.manifestName(name)]?.constant !== undefined) continue;
      const axis = this.batchAxis(name);
      const fixed = axis === null ? 1 : dims?.[axis];
      if (typeof fixed === 'number' && fixed > 0) return fixed;
    }
    return null;
  }

  /** Steps of a sequence through which the states of a model are handed on; null where there are none. */
  get sequenceSteps(): number | null {
    return this.manifest.sequence?.steps ?? null;
  }

  /** Rows of a split's arrays, whether they belong to it or not, and the inputs at some of them. */
  rowCount(splitName: SplitName): number {
    return this.split(splitName).range;
  }

  /** The inputs at rows of a split's range. Throws DatasetError. */
  inputsAt(splitName: SplitName, rows: Uint32Array): Promise<HostTensors> {
    return this.reader.inputs(splitName, rows, rows.length);
  }

  /**
   * The same data with states as they were recorded, by split and the manifest's input, for each row of the split's
   * range.
   */
  withStates(states: DatasetParts['states']): Dataset {
    return new Dataset({ ...this.parts, ...(states ? { states } : {}) });
  }

  /**
   * The split to use for a purpose: the one of that name, and for calibration else the training split. The test split
   * is never taken for another, since figures measured on it would then mean nothing. Throws DatasetError when there is
   * none.
   */
  splitFor(purpose: SplitName): SplitName {
    if (this.hasSplit(purpose)) return purpose;
    if (purpose === 'calibration' && this.hasSplit('train')) return 'train';
    return this.missingSplit(purpose);
  }

  /**
   * The same data served under a model's input names: by equal name, or "*" for the only input. Inputs that the model
   * does not ask for are left out. Throws DatasetError when one is missing.
   */
  bindInputs(modelInputNames: readonly string[]): Dataset {
    const bound = Object.entries(bindNames(Object.keys(this.manifest.inputs), modelInputNames));
    // Whoever counts the samples of a batch looks at its first tensor.
    const orderOf = ([, source]: [string, string]) => Number(axisOf(this.manifest.inputs[source]) !== 0);
    const samplesFirst = bound.toSorted((a, b) => orderOf(a) - orderOf(b));
    return new Dataset({ ...this.parts, names: Object.fromEntries(samplesFirst) });
  }

  /**
   * The same data with the train split parted in two at random: as the train split of `train` and of `held`. Each has a
   * sample at least; the parts depend on share and seed alone. Throws DatasetError when the split has a single sample
   * or is missing.
   */
  holdOut(share: number, seed: number): { train: Dataset; held: Dataset } {
    const split = this.split('train');
    if (split.count < 2)
      throw new DatasetError('dataset_split', 'the train split cannot be parted', {
        file: split.file,
        expected: '2 samples or more',
        got: `${split.count}`,
      });
    const order = randomOrder(split.count, seededRandom(seed));
    const count = Math.min(split.count - 1, Math.max(1, Math.round(share * split.count)));
    const [held, train] = [order.slice(0, count), order.slice(count)];
    return { train: this.withTrainRows(split, train), held: this.withTrainRows(split, held) };
  }

  /**
   * Batches of a split, preprocessed, in stored or shuffled order. Throws DatasetError, for labels out of range at the
   * first batch.
   */
  async *batches(splitName: SplitName, options: BatchOptions): AsyncGenerator<Batch, void, void> {
    const { batchSize, start = 0, limit = Infinity, dropLast = false } = options;
    const split = this.split(splitName);
    const labels = await this.labelsInFile(splitName);
    const order =
      options.shuffleSeed === undefined ? null : randomOrder(split.count, seededRandom(options.shuffleSeed));
    const end = Math.min(split.count, start + limit);
    for (let first = start; first < end; first += batchSize) {
      const size = Math.min(batchSize, end - first);
      if (dropLast && size < batchSize) return;
      const indices = rowsInRange(split, order ? order.subarray(first, first + size) : first, size);
      const inputs = await this.reader.inputs(splitName, indices, size);
      const targets = this.classes === null ? await this.reader.targets(split, indices, size) : null;
      yield { inputs, labels: labels && pick(labels, indices, size), targets, size };
    }
  }

  /** All labels of a split in stored order, checked against the number of classes; null without labels. */
  async labels(splitName: SplitName): Promise<Int32Array | null> {
    const { rows } = this.split(splitName);
    const labels = await this.labelsInFile(splitName);
    return labels && rows ? pick(labels, rows, rows.length) : labels;
  }

  /**
   * Reads every value that a split serves: checksums, labels, targets, casts that a value does not fit. Throws
   * DatasetError; returns what may be meant and should be known, a sentence each: samples that are not finite.
   */
  async examine(splitName: SplitName): Promise<string[]> {
    const split = this.split(splitName);
    await this.labels(splitName);
    if (split.labels && this.classes === null) await this.checkTargets(split, split.labels);
    const warnings: string[] = [...split.warnings];
    for (const [input, served] of Object.entries(split.inputs)) {
      if (served.kind !== 'stored') continue;
      const { array } = served;
      const rows = await this.reader.rows(array);
      const found = await findNonFinite(rows, array, split);
      if (found) warnings.push(nonFiniteInput(splitName, split, array, input, found));
      warnings.push(...(await examineEncoded(rows, split)));
    }
    if (this.casts) for await (const _ of this.batches(splitName, { batchSize: EXAMINED_AT_A_TIME })) continue;
    return warnings;
  }

  private get casts(): boolean {
    const steps = Object.values(this.manifest.inputs).flatMap(({ preprocess }) => preprocess);
    return steps.some(({ op }) => op === 'cast');
  }

  private async checkTargets(split: SplitArrays, labels: StoredArray): Promise<void> {
    const found = await findNonFinite(await this.reader.rows(labels), labels, split);
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
    const known = this.parts.knownLabels.get(splitName);
    if (known) return known;
    const reading = this.reader.classes(split, split.labels);
    this.parts.knownLabels.set(splitName, reading);
    return reading;
  }

  /** Closes the files. The data set cannot be read afterwards. */
  async close(): Promise<void> {
    const { openedRows, files, states } = this.parts;
    const opened = await Promise.allSettled(openedRows.values());
    for (const rows of opened) if (rows.status === 'fulfilled') rows.value.close();
    for (const file of files) file.close();
    for (const recorded of states?.values() ?? []) for (const rows of Object.values(recorded)) rows.close();
    openedRows.clear();
  }

  private withTrainRows(split: SplitArrays, rows: Uint32Array): Dataset {
    const held = split.rows;
    const chosen = held ? rows.map((row) => held[row]!) : rows;
    const part = { ...split, count: rows.length, rows: chosen };
    const splits = new Map([...this.parts.splits, ['train' as const, part]]);
    return new Dataset({ ...this.parts, splits });
  }

  private split(name: SplitName): SplitArrays {
    return this.parts.splits.get(name) ?? this.missingSplit(name);
  }

  private missingSplit(name: SplitName): never {
    const expected = `one of ${this.splitNames.join(', ')}`;
    throw new DatasetError('dataset_split', `data set "${this.manifest.name}" has no split "${name}"`, {
      expected,
      wayOut: 'add it to the manifest',
    });
  }

  private manifestName(inputName: string): string {
    return this.parts.names[inputName] ?? this.missingInput(inputName);
  }

  private missingInput(name: string): never {
    throw new DatasetError('dataset_input', `no input "${name}"`, { expected: `one of ${this.inputNames.join(', ')}` });
  }
}

function pick(labels: Int32Array, indices: Uint32Array | number, size: number): Int32Array {
  if (typeof indices === 'number') return labels.slice(indices, indices + size);
  return Int32Array.from(indices, (row) => labels[row]!);
}

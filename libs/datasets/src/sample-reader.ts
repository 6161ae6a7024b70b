import type { DatasetManifest, SplitName } from '#contracts';
import type { HostTensor, HostTensors } from '#inference';
import { batchTensor } from './batch-axis.js';
import { classNumbers } from './class-labels.js';
import type { HostData } from './dtype.js';
import { DatasetError } from './errors.js';
import { gather, placed, refuseNaN, type Places } from './gather.js';
import type { Rows } from './rows.js';
import type { SplitArrays, SplitInput } from './split.js';
import { stateValues } from './state-values.js';
import type { ArrayFile, StoredArray } from './stored-array.js';

/** What an opened data set consists of. */
export interface DatasetParts {
  manifest: DatasetManifest;
  splits: ReadonlyMap<SplitName, SplitArrays>;
  /** Name under which an input is served -> its name in the manifest. */
  names: Readonly<Record<string, string>>;
  files: readonly ArrayFile[];
  openedRows: Map<StoredArray, Promise<Rows>>;
  knownLabels: Map<SplitName, Promise<Int32Array>>;
  /** States of every sample of a split, by input, where they were recorded. */
  states?: ReadonlyMap<SplitName, Readonly<Record<string, Rows>>>;
}

/** Axis along which the samples of an input lie; null for a constant, and for an input of a single sample. */
export function axisOf(input: DatasetManifest['inputs'][string] | undefined): number | null {
  if (input?.constant !== undefined) return null;
  return input?.batchAxis === undefined ? 0 : input.batchAxis;
}

/** Reads the values of samples: rows are opened when they are first read. */
export class SampleReader {
  constructor(private readonly parts: DatasetParts) {}

  /** The inputs of a data set's names, at rows of the range of a split. Throws DatasetError. */
  async inputs(splitName: SplitName, places: Places, size: number): Promise<HostTensors> {
    const read = async ([name, source]: [string, string]): Promise<[string, HostTensor]> => {
      const tensor = await this.input(splitName, source, places, size);
      return [name, tensor];
    };
    const entries = Object.entries(this.parts.names).map(read);
    return Object.fromEntries(await Promise.all(entries));
  }

  private async input(splitName: SplitName, source: string, places: Places, size: number): Promise<HostTensor> {
    const split = this.parts.splits.get(splitName);
    const input = split?.inputs[source];
    if (!split || !input)
      throw new DatasetError('dataset_input', `split "${splitName}" has no input "${source}"`, {
        wayOut: 'correct its name in the manifest',
      });
    if (input.kind === 'constant') return input.tensor;
    const axis = axisOf(this.parts.manifest.inputs[source]);
    if (input.kind === 'stored')
      return batchTensor(input.preprocessing.result, await this.values(split, input, places, size), size, axis);
    const states = this.parts.states?.get(splitName)?.[source];
    return batchTensor(input.sample, stateValues(input, states, places, size), size, axis);
  }

  private async values(
    split: SplitArrays,
    { array, preprocessing }: Extract<SplitInput, { kind: 'stored' }>,
    places: Places,
    size: number,
  ): Promise<HostData> {
    const rows = await this.rows(array);
    const data = await placed(split, array, async () => {
      const stored = await gather(rows, array, split.start, places, size);
      return preprocessing.apply(stored, size);
    });
    refuseNaN(split, array, data, places, size);
    return data;
  }

  /** The numbers to regress at rows of the range of a split. Throws DatasetError. */
  async targets(split: SplitArrays, places: Places, size: number): Promise<HostTensor | null> {
    const { labels } = split;
    if (!labels) return null;
    const rows = await this.rows(labels);
    const data = await placed(split, labels, () => gather(rows, labels, split.start, places, size));
    refuseNaN(split, labels, data, places, size);
    const numbers = Float32Array.from(data as ArrayLike<number | bigint>, Number);
    return { type: 'float32', dims: [size, ...labels.dims.slice(1)], data: numbers };
  }

  /** The classes of all samples of the range of a split. Throws DatasetError. */
  async classes(split: SplitArrays, array: StoredArray): Promise<Int32Array> {
    const { manifest } = this.parts;
    const rows = await this.rows(array);
    const values = await placed(split, array, () => gather(rows, array, split.start, 0, split.range));
    const place = { file: split.file, array: array.name, start: split.start };
    return classNumbers(values, manifest.labels ?? {}, place);
  }

  /** The rows of an array, opened once. */
  rows(array: StoredArray): Promise<Rows> {
    const known = this.parts.openedRows.get(array);
    if (known) return known;
    const opening = array.openRows();
    this.parts.openedRows.set(array, opening);
    return opening;
  }
}

import { join } from 'node:path';
import { classesOf, inputSource, type DatasetManifest, type Split, type SplitName } from '#contracts';
import { openArrayFile } from './array-file.js';
import { Dataset } from './dataset.js';
import { DatasetError } from './errors.js';
import { readManifest } from './manifest.js';
import type { SampleType } from './preprocess.js';
import { inputKey, LABELS_KEY, resolveSplit, type SplitArrays, type SplitInput } from './split.js';
import type { ArrayFile, LabelsPlace, Made, Wanted } from './stored-array.js';

/**
 * Reads a data set's manifest, or that of a folder, and array headers, from a stage's folder or a user's own. Values
 * are read batch by batch. Throws DatasetError.
 */
export async function openDataset(path: string): Promise<Dataset> {
  const { folder, manifest } = await readManifest(path);
  const files = new Map<string, ArrayFile>();
  try {
    const splits = await openSplits(folder, manifest, files);
    const names = Object.fromEntries(Object.keys(manifest.inputs).map((name) => [name, name]));
    const caches = { openedRows: new Map(), knownLabels: new Map() };
    return new Dataset({ manifest, splits, names, files: [...files.values()], ...caches });
  } catch (error) {
    for (const file of files.values()) file.close();
    throw error;
  }
}

async function openSplits(
  folder: string,
  manifest: DatasetManifest,
  files: Map<string, ArrayFile>,
): Promise<Map<SplitName, SplitArrays>> {
  const splits = new Map<SplitName, SplitArrays>();
  for (const [name, split] of Object.entries(manifest.splits) as [SplitName, Split | undefined][]) {
    if (!split) continue;
    const key = JSON.stringify([split.file, split.folder, split.labels, split.arrays]);
    const known = files.get(key);
    const file = known ?? (await openArrayFile(join(folder, split.file), wantedOf(folder, manifest, split)));
    files.set(key, file);
    splits.set(name, await resolveSplit(name, split, manifest, file));
  }
  if (splits.size === 0)
    throw new DatasetError('dataset_split', 'the data set has no split', {
      expected: 'calibration, train or test',
      wayOut: 'name at least one under splits in the manifest',
    });
  checkSameSamples(splits);
  if (manifest.labels?.classes === undefined) checkSameTargets(splits);
  checkParts(manifest, splits);
  return splits;
}

function wantedOf(folder: string, manifest: DatasetManifest, split: Split): Wanted {
  const inputs = Object.entries(manifest.inputs);
  const asked = [...inputs.map(([, { array }]) => array), manifest.labels?.array];
  const wanted = asked.filter((name) => name !== undefined);
  const names = new Set(wanted.map((name) => split.arrays?.[name] ?? name));
  return {
    names,
    made: [...inputs.flatMap(([name, input]) => madeFor(name, input)), ...boxesOf(manifest)],
    ...(split.folder === undefined ? {} : { folder: split.folder }),
    ...(split.labels === undefined ? {} : { labels: placeOf(folder, split.file, split.labels) }),
  };
}

function placeOf(folder: string, file: string, labels: string): LabelsPlace {
  const isWithin = labels.startsWith(`${file}/`);
  return isWithin ? { within: labels.slice(file.length + 1) } : { beside: join(folder, labels) };
}

function madeFor(name: string, input: DatasetManifest['inputs'][string]): Made[] {
  const key = inputKey(name);
  if (input.columns) return [{ key, source: 'columns', columns: input.columns }];
  if (input.tokens) return [{ key, source: 'tokens', form: input.tokens }];
  if (input.image) return [{ key, source: 'image', form: input.image }];
  return input.audio ? [{ key, source: 'audio', form: input.audio }] : [];
}

/** Boxes are moved with the picture of the first input that has one. */
function boxesOf({ inputs, labels }: DatasetManifest): Made[] {
  if (!labels?.boxes) return [];
  const image = Object.values(inputs).find((input) => inputSource(input) === 'image')?.image;
  const classes = classesOf(labels);
  if (image && classes) return [{ key: LABELS_KEY, source: 'boxes', form: { ...labels.boxes, image, classes } }];
  throw new DatasetError('dataset_labels', 'boxes lie on pictures', {
    expected: 'an input with an image, and the classes of the labels',
    wayOut: 'add image: { letterbox: … } to an input and classes to the labels in the manifest',
  });
}

function checkSameSamples(splits: ReadonlyMap<SplitName, SplitArrays>): void {
  const [[firstName, first], ...others] = [...splits] as [[SplitName, SplitArrays], ...[SplitName, SplitArrays][]];
  for (const [name, split] of others) {
    for (const [input, served] of Object.entries(split.inputs)) {
      const expected = describeInput(first.inputs[input]);
      const got = describeInput(served);
      if (got !== expected)
        throw new DatasetError('dataset_shape', `samples of split "${name}" differ from those of "${firstName}"`, {
          file: split.file,
          ...(served.kind === 'stored' ? { array: served.array.name } : {}),
          expected,
          got,
        });
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
      array: split.labels?.name ?? 'labels',
      expected: dimsOf(first),
      got: dimsOf(split),
    });
  }
}

/** Samples at random that are in the test split and in another: figures measured on them say nothing. */
function checkParts({ splits }: DatasetManifest, found: ReadonlyMap<SplitName, SplitArrays>): void {
  const test = found.get('test');
  const { test: split, ...others } = splits;
  if (!test || !split?.part) return;
  const tested = new Set(test.rows);
  for (const [name, other] of Object.entries(others)) {
    if (!other?.part || other.file !== split.file || other.folder !== split.folder) continue;
    const shared = found.get(name as SplitName)?.rows?.filter((row) => tested.has(row)).length ?? 0;
    if (shared > 0)
      throw new DatasetError('dataset_split', `${shared} samples are in the split "test" and in "${name}"`, {
        file: split.file,
        expected: `parts that do not overlap, of one seed`,
        got: `[${split.part}] with seed ${split.seed ?? 0}, [${other.part}] with seed ${other.seed ?? 0}`,
        wayOut: 'correct part or seed in the manifest',
      });
  }
}

function describeInput(input: SplitInput | undefined): string {
  if (input?.kind === 'stored') return describeSample(input.preprocessing.result);
  return input?.kind === 'state' ? describeSample(input.sample) : 'a constant';
}

function describeSample({ type, dims }: SampleType): string {
  return `${type} [${dims}]`;
}

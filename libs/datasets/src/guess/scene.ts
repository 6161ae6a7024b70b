import type { DatasetManifest, ModelInspection, ValueSummary } from '#contracts';

/** What is known of the model that a data set is for. */
export type Interface = Pick<ModelInspection, 'inputs' | 'outputs'>;
export type ManifestInput = DatasetManifest['inputs'][string];

/** What a kind of files tells: its inputs, labels and splits. */
export interface Found {
  inputs: Record<string, ManifestInput>;
  labels?: DatasetManifest['labels'];
  splits: DatasetManifest['splits'];
  sequence?: DatasetManifest['sequence'];
}

/** Where a guess is made: what the files are called, and the notes so far. */
export interface Scene {
  /** Folder that the manifest will lie in. */
  folder: string;
  model: Interface;
  note(path: string, text: string): void;
}

/** A model's input as manifests call it: `*` for the only one. */
export const keyOf = ({ inputs }: Interface, input: ValueSummary): string => (inputs.length === 1 ? '*' : input.name);

/** How many classes the scores of a model are for; null where it has no output like scores. */
export function scoresOf({ outputs }: Interface): number | null {
  const widths = outputs.map(({ dims }) => (dims?.length === 2 ? dims[1] : null));
  const last = widths.find((dim) => typeof dim === 'number' && dim > 1);
  return typeof last === 'number' ? last : null;
}

/** Splits of one file at random: four fifths to train on, the rest to test on. */
export const inParts = (file: string): DatasetManifest['splits'] => ({
  train: { file, start: 0, part: [0, 0.8] },
  test: { file, start: 0, part: [0.8, 1] },
});

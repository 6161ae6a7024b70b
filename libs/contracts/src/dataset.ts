import { z } from 'zod';
import { DatasetInput } from './dataset/input.js';
import { DatasetLabels } from './dataset/labels.js';
import { Split } from './dataset/split.js';

export * from './dataset/input.js';
export * from './dataset/labels.js';
export * from './dataset/media.js';
export * from './dataset/preprocess.js';
export * from './dataset/split.js';

/** `dataset.yaml` (or .json): the inputs, their preprocessing, the labels and the splits of a data set. */
export const DatasetManifest = z
  .strictObject({
    name: z.string().min(1).max(200),
    inputs: z
      .record(z.string(), DatasetInput)
      .describe('One entry per model input, keyed by its name; "*" feeds the only input whatever its name.'),
    labels: DatasetLabels.optional(),
    sequence: z
      .strictObject({ steps: z.int().min(1).max(100_000) })
      .optional()
      .describe('So many samples in a row are the steps of one sequence, through which states are handed on.'),
    splits: z.strictObject({ calibration: Split.optional(), train: Split.optional(), test: Split.optional() }),
  })
  .check((context) => {
    const { inputs, sequence } = context.value;
    const hasState = Object.values(inputs).some(({ state }) => state?.output !== undefined);
    const message = hasState
      ? 'a state with an output is handed on through the steps of a sequence: add sequence: { steps: … }'
      : 'no state has an output that is handed on: leave it out';
    if (hasState !== (sequence !== undefined))
      context.issues.push({ code: 'custom', message, path: ['sequence'], input: context.value });
  })
  .meta({ id: 'DatasetManifest' });
export type DatasetManifest = z.infer<typeof DatasetManifest>;
export type SplitName = keyof DatasetManifest['splits'];

/**
 * A data set as the store knows it: the manifest and the digests of its files. The data set's own digest is that of
 * this document's canonical JSON.
 */
export const StoredDataset = z.strictObject({ manifest: DatasetManifest, files: z.record(z.string(), z.string()) });
export type StoredDataset = z.infer<typeof StoredDataset>;

/** Names of the files and folders that a manifest's splits read, each once. */
export function manifestFiles({ splits }: DatasetManifest): string[] {
  const named = Object.values(splits).filter((split) => split !== undefined);
  const names = named.flatMap(({ file, labels = file }) => (labels.startsWith(`${file}/`) ? [file] : [file, labels]));
  return [...new Set(names)];
}

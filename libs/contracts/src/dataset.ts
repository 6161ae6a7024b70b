import { z } from 'zod';
import { isPlainFileName, MAX_FILE_NAME_BYTES } from './file-name.js';

/** Element types that a model's input may have and a data set can be cast to. */
export const ElementType = z.enum([
  'float32',
  'float64',
  'float16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
]);
export type ElementType = z.infer<typeof ElementType>;

/** One preprocessing step on a sample; applied in the order given, before the batch is formed. */
export const Preprocess = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('scale'),
    factor: z.number().describe('Multiplies every value; 1/255 = 0.00392156862745098.'),
  }),
  z.strictObject({
    op: z.literal('normalize'),
    mean: z.array(z.number()).min(1),
    std: z.array(z.number().positive()).min(1),
    axis: z.int().min(0).default(0).describe('Channel axis of a sample.'),
  }),
  z.strictObject({ op: z.literal('cast'), to: ElementType.describe('Element type the model takes.') }),
  z.strictObject({
    op: z.literal('pad'),
    pads: z.array(z.int().min(0)).describe('Begins then ends of every sample axis, as in ONNX Pad.'),
    value: z.number().default(0),
  }),
  z.strictObject({ op: z.literal('reshape'), dims: z.array(z.int().min(1)).describe('Shape of one sample.') }),
  z.strictObject({ op: z.literal('transpose'), perm: z.array(z.int().min(0)) }),
]);
export type Preprocess = z.infer<typeof Preprocess>;

const ArrayRef = z.strictObject({ array: z.string().min(1).describe('Name of the array in the npz file.') });

/** Where a split's arrays are: a file beside the manifest and the range of samples in it. */
export const Split = z.strictObject({
  file: z
    .string()
    .min(1)
    .refine(isPlainFileName, { error: `a file name, not a path, of at most ${MAX_FILE_NAME_BYTES} bytes in UTF-8` }),
  start: z.int().min(0).default(0),
  count: z.int().min(1).optional(),
});
export type Split = z.infer<typeof Split>;

/** `dataset.yaml` (or .json): the arrays, their preprocessing and the splits of a data set. */
export const DatasetManifest = z
  .strictObject({
    name: z.string().min(1).max(200),
    inputs: z
      .record(z.string(), ArrayRef.extend({ preprocess: z.array(Preprocess).max(50).default([]) }))
      .describe('One entry per model input, keyed by its name; "*" feeds the only input whatever its name.'),
    labels: ArrayRef.extend({
      classes: z
        .int()
        .min(1)
        .max(0x7fffffff)
        .optional()
        .describe('Labels are class numbers from 0 to this; without it they are numbers to regress.'),
    }).optional(),
    splits: z.strictObject({ calibration: Split.optional(), train: Split.optional(), test: Split.optional() }),
  })
  .meta({ id: 'DatasetManifest' });
export type DatasetManifest = z.infer<typeof DatasetManifest>;
export type SplitName = keyof DatasetManifest['splits'];

/** A data set as the store knows it: the manifest and the digests of its files. The data set's own digest is that of this document's canonical JSON. */
export const StoredDataset = z.strictObject({ manifest: DatasetManifest, files: z.record(z.string(), z.string()) });
export type StoredDataset = z.infer<typeof StoredDataset>;

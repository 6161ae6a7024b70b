import { z } from 'zod';

/** A sample as the model gets it. */
const PreviewedInput = z.object({
  name: z.string(),
  dims: z.array(z.number()),
  least: z.number(),
  mean: z.number(),
  most: z.number(),
});

export const SamplePreview = z
  .object({
    picture: z.string().nullable().describe('A PNG in base64 of the first input that has the shape of one; else null.'),
    inputs: z.array(PreviewedInput).describe('Shape and range of each input after preprocessing.'),
    label: z.string().nullable(),
    answer: z.string().describe('What the model answers now.'),
  })
  .meta({ id: 'SamplePreview' });
export type SamplePreview = z.infer<typeof SamplePreview>;

/** What a model would get of data, before or after it is stored. */
export const DatasetPreview = z
  .object({
    manifest: z.string().describe('The manifest as YAML: guessed from files and model where none was sent.'),
    notes: z.array(z.string()).describe('What of a guess to look at.'),
    split: z.string().nullable(),
    samples: z.array(SamplePreview),
    accuracy: z
      .object({ top1: z.number(), samples: z.number() })
      .nullable()
      .describe('Over the first samples; null without classes, and of later ones.'),
    warnings: z.array(z.string()).describe('Why accuracy was not measured, or is no better than chance.'),
    problem: z.string().nullable().describe('Why there are no samples: the data does not fit the model; else null.'),
  })
  .meta({ id: 'DatasetPreview' });
export type DatasetPreview = z.infer<typeof DatasetPreview>;

/** Samples of a preview at most. */
const MOST_SAMPLES = 24;

export const PreviewQuery = z.strictObject({
  model: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('The model that the data is for.'),
  split: z.enum(['calibration', 'train', 'test']).optional().describe('Of which split; else test, where there is one.'),
  from: z.coerce.number().int().min(0).max(1e9).default(0).describe('Samples before these are left out.'),
  samples: z.coerce.number().int().min(1).max(MOST_SAMPLES).default(3).describe('How many samples are shown.'),
});
export type PreviewQuery = z.infer<typeof PreviewQuery>;

export const UnstoredPreviewQuery = PreviewQuery.extend({
  name: z.string().trim().min(1).max(200).optional().describe('Name of a guessed data set.'),
});
export type UnstoredPreviewQuery = z.infer<typeof UnstoredPreviewQuery>;

import { z } from 'zod';

/** How samples are made up where data is missing. */
export const GeneratorOptions = z.strictObject({
  low: z.number().default(0).describe('Lowest value of a real input.'),
  high: z.number().default(1).describe('Highest value of a real input.'),
  learningRate: z.number().positive().default(1e-3).describe("Adam's step size for the generator."),
  statistics: z
    .number()
    .min(0)
    .default(1)
    .describe(
      "Weight of the means and deviations that the teacher's BatchNormalization nodes remember (DeepInversion, " +
        'Yin et al. 2020).',
    ),
  adversarial: z
    .number()
    .min(0)
    .max(100)
    .default(10)
    .describe(
      'Weight of samples on which student and teacher differ (DFAD, Fang et al. 2019); 0 trains the generator ' +
        'through the teacher alone.',
    ),
  generatedBatchesPerEpoch: z
    .int()
    .min(1)
    .max(100_000)
    .default(125)
    .describe('Batches made up in each epoch; the student repeats older ones in between.'),
});
export type GeneratorOptions = z.infer<typeof GeneratorOptions>;

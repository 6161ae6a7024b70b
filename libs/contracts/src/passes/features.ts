import { z } from 'zod';

/** A hidden value of the student that learns from one of the teacher. */
export const FeatureOptions = z.strictObject({
  teacher: z.string().min(1).describe("Name of a value in the teacher's graph."),
  student: z.string().min(1).describe("Name of a value in the student's graph."),
  kind: z
    .enum(['fitnet', 'attention'])
    .default('fitnet')
    .describe(
      'fitnet: the value itself, through a trained 1x1 adapter where the channels differ (Romero et al. 2015); ' +
        'attention: where it responds, channels summed (Zagoruyko and Komodakis 2017), for values [N, C, H, W].',
    ),
  weight: z.number().positive().default(1).describe('Weight of this loss beside that of the outputs.'),
});
export type FeatureOptions = z.infer<typeof FeatureOptions>;

export const FeatureList = z
  .array(FeatureOptions)
  .max(64)
  .describe('Pairs of hidden values whose distance is trained along with that of the outputs.');

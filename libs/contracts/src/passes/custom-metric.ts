import { z } from 'zod';

/** Characters of a module: it is part of the recipe. */
const MAX_SOURCE = 32_768;

/** A figure of one's own. */
export const CustomMetric = z.strictObject({
  name: z
    .string()
    .regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}$/, 'letters and digits, 40 at most')
    .describe('What it is called.'),
  source: z
    .string()
    .min(1)
    .max(MAX_SOURCE)
    .describe(
      'An ES module. Its default export gets a batch { inputs, outputs, reference, labels, targets, size } and returns a number ' +
        'for each sample; the figure is their mean.',
    ),
  better: z.enum(['higher', 'lower']).default('higher'),
});
export type CustomMetric = z.infer<typeof CustomMetric>;

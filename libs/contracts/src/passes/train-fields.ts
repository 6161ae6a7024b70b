import { z } from 'zod';
import { TRAINER_FIELDS } from './training.js';

/** The options, each by itself: what cannot be had together is another matter. */
export const TrainFields = z.strictObject({
  loss: z
    .enum(['crossEntropy', 'mse'])
    .default('crossEntropy')
    .describe(
      'Cross-entropy of logits [N, K] with class labels, or the mean squared error against labels that are numbers.',
    ),
  initialWeights: z
    .enum(['keep', 'he', 'glorot'])
    .default('he')
    .describe(
      'Go on from the weights in the file, or draw them anew from the seed: He (2015) for nets with Relu, ' +
        'Glorot (2010) for others. Biases begin at 0, norms at 1.',
    ),
  ...TRAINER_FIELDS,
  batchNorm: TRAINER_FIELDS.batchNorm.default('batch'),
  keepZeros: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .describe(
      'Whether zero weights stay zero; auto keeps them unless weights are drawn anew or come from rounding ' +
        'on a grid below 5 bits.',
    ),
});
export type TrainFields = z.infer<typeof TrainFields>;

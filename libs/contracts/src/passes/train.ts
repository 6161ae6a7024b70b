import { z } from 'zod';
import { TRAIN_CONFLICTS } from './training-conflicts.js';
import { TRAINER_FIELDS } from './training.js';

export const TrainOptions = z
  .strictObject({
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
  })
  .superRefine((options, context) => {
    for (const { field, when, message } of TRAIN_CONFLICTS)
      if (when(options)) context.addIssue({ code: 'custom', path: [field], message });
  });
export type TrainOptions = z.infer<typeof TrainOptions>;

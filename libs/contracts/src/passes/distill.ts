import { z } from 'zod';

export const DistillOptions = z.strictObject({
  epochs: z.int().min(1).max(1000).default(10).describe('Passes over the training split.'),
  batchSize: z.int().min(1).max(4096).default(64).describe('Samples per optimizer step.'),
  learningRate: z.number().positive().default(2e-3).describe("Adam's step size at its highest."),
  schedule: z.enum(['constant', 'cosine']).default('cosine').describe('Learning rate over the run.'),
  temperature: z.number().positive().default(4).describe('Softens teacher and student logits (Hinton et al. 2015).'),
  alpha: z.number().min(0).max(1).default(0.7).describe('Weight of the soft loss; the rest weighs the hard labels.'),
  keepZeros: z.enum(['auto', 'always', 'never']).default('auto').describe('Whether zero weights stay zero; auto keeps them unless they come from rounding on a grid below 5 bits.'),
});
export type DistillOptions = z.infer<typeof DistillOptions>;

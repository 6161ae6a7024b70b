import { z } from 'zod';

export const PruneOptions = z.strictObject({
  granularity: z.enum(['weight', 'channel']).default('channel').describe('Zeros for single weights, or whole channels removed from the tensors.'),
  ratio: z.number().min(0).max(0.99).default(0.5).describe('Share of weights or channels to remove.'),
  importance: z.enum(['l1', 'l2']).default('l2').describe('Norm by which magnitude is judged.'),
  scope: z.enum(['layer', 'global']).default('layer').describe('Apply the ratio in each layer, or over the model as a whole.'),
  multipleOf: z.int().min(1).max(64).default(8).describe('Channel counts are rounded up to a multiple of this.'),
  exclude: z.array(z.string()).default([]).describe('Names of nodes that are left alone.'),
});
export type PruneOptions = z.infer<typeof PruneOptions>;

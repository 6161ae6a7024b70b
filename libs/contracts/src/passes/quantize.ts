import { z } from 'zod';

export const QuantizeOptions = z.strictObject({
  weightBits: z.literal([8]).default(8).describe('Width of the stored weights in bits.'),
  perChannel: z.boolean().default(true).describe('One weight scale per output channel instead of one per tensor.'),
  reduceRange: z.boolean().default(true).describe('Keep weights within ±64, so that kernels without VNNI cannot saturate.'),
  calibration: z.enum(['minmax', 'percentile']).default('percentile').describe('How activation ranges are chosen.'),
  percentile: z.number().min(50).max(100).default(99.99).describe('Share of activation values kept inside the range, in percent.'),
  samples: z.int().min(1).max(100_000).default(256).describe('Calibration samples, taken from the calibration split.'),
  opTypes: z.array(z.enum(['Conv', 'Gemm', 'MatMul'])).default(['Conv', 'Gemm', 'MatMul']).describe('Operators whose weights and activations are quantized.'),
  minProducts: z.int().min(0).max(1024).default(16).describe('A convolution ahead of Relu and MaxPool with fewer products per output than this stays float, which is faster.'),
  exclude: z.array(z.string()).default([]).describe('Names of nodes that stay float.'),
});
export type QuantizeOptions = z.infer<typeof QuantizeOptions>;

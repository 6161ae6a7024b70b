import { z } from 'zod';

export const AnalyzeOptions = z.strictObject({
  widths: z
    .array(z.literal([8, 4, 3, 2]))
    .min(1)
    .default([8, 4, 2])
    .describe('Widths in bits that each layer’s weight is tried at.'),
  activations: z.boolean().default(true).describe('Try each layer’s input on its calibrated uint8 grid as well.'),
  samples: z
    .int()
    .min(1)
    .max(100_000)
    .default(128)
    .describe('Samples of the calibration split that each trial runs on.'),
  calibration: z
    .enum(['minmax', 'movingAverage', 'percentile', 'entropy', 'mse'])
    .default('percentile')
    .describe('How activation ranges are chosen.'),
  perChannel: z.boolean().default(true).describe('One weight scale per output channel instead of one per tensor.'),
  reduceRange: z.boolean().default(true).describe('Keep 8-bit weights within ±64.'),
  opTypes: z
    .array(z.enum(['Conv', 'Gemm', 'MatMul']))
    .default(['Conv', 'Gemm', 'MatMul'])
    .describe('Operators whose layers are tried.'),
  exclude: z.array(z.string()).default([]).describe('Names of nodes that are not tried.'),
});
export type AnalyzeOptions = z.infer<typeof AnalyzeOptions>;

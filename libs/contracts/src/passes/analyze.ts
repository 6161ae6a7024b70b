import { z } from 'zod';
import { PruneFields } from './prune-fields.js';

const { importance, groupWeights, multipleOf, exclude } = PruneFields.shape;

/** What is tried of channels: as prune would remove them by these options, each group alone and some in pairs. */
export const ChannelTrials = z.strictObject({
  ratios: z
    .array(z.number().gt(0).max(0.99))
    .min(1)
    .max(50)
    .default([0.25, 0.5, 0.75])
    .describe('Shares of its channels that each group loses alone.'),
  pairs: z
    .int()
    .min(0)
    .max(1000)
    .default(24)
    .describe('Pairs of groups that are tried together at the middle share, those that cut one tensor first.'),
  importance,
  samples: PruneFields.shape.samples,
  groupWeights,
  multipleOf,
  exclude,
});
export type ChannelTrials = z.infer<typeof ChannelTrials>;

export const AnalyzeOptions = z.strictObject({
  widths: z
    .array(z.literal([8, 4, 3, 2]))
    .default([8, 4, 2])
    .describe('Widths in bits that each layer’s weight is tried at; none where the list is empty.'),
  channels: ChannelTrials.optional().describe(
    'Measure as well what each group of channels costs that prune could remove: a sweep over ratios begins with it.',
  ),
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
  reduceRange: z
    .literal([true, false, 'auto'])
    .default('auto')
    .describe('Keep 8-bit weights within ±64; auto does where quantize would on this CPU.'),
  opTypes: z
    .array(z.enum(['Conv', 'Gemm', 'MatMul']))
    .default(['Conv', 'Gemm', 'MatMul'])
    .describe('Operators whose layers are tried.'),
  exclude: z.array(z.string()).default([]).describe('Names of nodes that are not tried.'),
});
export type AnalyzeOptions = z.infer<typeof AnalyzeOptions>;

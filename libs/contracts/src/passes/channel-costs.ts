import { z } from 'zod';

/** One share of a group's channels removed, all others whole. */
export const ChannelCut = z.object({
  ratio: z.number().describe('Share that was asked for.'),
  kept: z.int().describe('Channels that stay, rounded as prune rounds them.'),
  outputSnrDb: z
    .number()
    .nullable()
    .optional()
    .describe('Signal to noise of the outputs, dB; null where they are identical, absent where they are not finite.'),
  top1Drop: z.number().optional().describe('Loss of top-1, 0..1; absent without labels.'),
});
export type ChannelCut = z.infer<typeof ChannelCut>;

/** A stored tensor of which removals cut axes: each loses `each` entries for a channel of the group that goes. */
export const CutTensor = z.object({
  node: z.string().describe('The first node that reads it.'),
  bits: z.number().describe('Bits of an element.'),
  axes: z.array(
    z.object({ length: z.int(), cuts: z.array(z.object({ group: z.int(), each: z.number() })).describe('By group.') }),
  ),
});
export type CutTensor = z.infer<typeof CutTensor>;

/** What removing channels costs and saves, as analyze measures it; groups are told by their places in the list. */
export const ChannelCosts = z.object({
  bytes: z.int().describe('Of the file as prune writes it where nothing goes.'),
  groups: z.array(
    z.object({
      producers: z.array(z.string()).describe('Names of the layers that make the channels.'),
      channels: z.int(),
      cuts: z.array(ChannelCut),
    }),
  ),
  pairs: z.array(
    z.object({
      first: z.int(),
      second: z.int(),
      ratio: z.number().describe('Share at which both were cut together.'),
      correlation: z
        .number()
        .describe('Noise of both together less that of each alone, as a multiple of the geometric mean of these.'),
    }),
  ),
  tensors: z.array(CutTensor),
  declared: z
    .array(z.object({ bytes: z.int(), groups: z.array(z.int()) }))
    .describe('Declarations of inner shapes, which go with the first channel of any of these groups.'),
});
export type ChannelCosts = z.infer<typeof ChannelCosts>;

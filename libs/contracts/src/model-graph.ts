import { z } from 'zod';

/** A node of a model as a picture of it shows it: what stores or converts numbers alone is folded into who reads them. */
export const LayerNode = z
  .object({
    name: z.string(),
    opType: z.string(),
    /** Places in the list of the nodes whose outputs it reads. */
    from: z.array(z.int()),
    /** Elements of its constant weights. */
    elements: z.int(),
    /** Those that are zero; null where there are too many to count. */
    zeros: z.int().nullable(),
    /** Width in which its widest weight is stored; null without weights. */
    bits: z.number().nullable(),
    /** Width of the integers that its inputs come from; null for floats. */
    inputBits: z.number().nullable(),
  })
  .meta({ id: 'LayerNode' });
export type LayerNode = z.infer<typeof LayerNode>;

/** A model before and after a job. */
export const ModelPair = z.object({ before: z.array(LayerNode), after: z.array(LayerNode) }).meta({ id: 'ModelPair' });
export type ModelPair = z.infer<typeof ModelPair>;

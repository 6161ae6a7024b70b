import { z } from 'zod';

/**
 * A node of a model as a picture of it shows it: what stores or converts numbers alone is folded into who reads them.
 */
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
    /**
     * Bytes of the tensors that it computes with, as they are stored; one that several read counts for the first. Absent
     * without any.
     */
    bytes: z.int().optional(),
    /** Width of the integers that its inputs come from; null for floats. */
    inputBits: z.number().nullable(),
  })
  .meta({ id: 'LayerNode' });
export type LayerNode = z.infer<typeof LayerNode>;

/** The layers of one model, in the order in which they run. */
export const ModelLayers = z.object({ layers: z.array(LayerNode) }).meta({ id: 'ModelLayers' });
export type ModelLayers = z.infer<typeof ModelLayers>;

/** A model before and after a job. */
export const ModelPair = z.object({ before: z.array(LayerNode), after: z.array(LayerNode) }).meta({ id: 'ModelPair' });
export type ModelPair = z.infer<typeof ModelPair>;

import { z } from 'zod';

/** Element types that a model's input may have and a data set can be cast to. */
export const ElementType = z.enum([
  'float32',
  'float64',
  'float16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
]);
export type ElementType = z.infer<typeof ElementType>;

/** One preprocessing step on a sample; applied in the order given, before the batch is formed. */
export const Preprocess = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('scale'),
    factor: z.number().describe('Multiplies every value; 1/255 = 0.00392156862745098.'),
  }),
  z.strictObject({
    op: z.literal('normalize'),
    mean: z.array(z.number()).min(1),
    std: z.array(z.number().positive()).min(1),
    axis: z.int().min(0).default(0).describe('Channel axis of a sample.'),
  }),
  z.strictObject({ op: z.literal('cast'), to: ElementType.describe('Element type the model takes.') }),
  z.strictObject({
    op: z.literal('pad'),
    pads: z.array(z.int().min(0)).describe('Begins then ends of every sample axis, as in ONNX Pad.'),
    value: z.number().default(0),
  }),
  z.strictObject({ op: z.literal('reshape'), dims: z.array(z.int().min(1)).describe('Shape of one sample.') }),
  z.strictObject({ op: z.literal('transpose'), perm: z.array(z.int().min(0)) }),
]);
export type Preprocess = z.infer<typeof Preprocess>;

import { z } from 'zod';

export const ExportOptions = z
  .strictObject({
    format: z
      .enum(['ort', 'onnx'])
      .default('ort')
      .describe('ort: the own format of ONNX Runtime, for mobile and minimal builds; onnx: an ONNX file.'),
    optimization: z
      .enum(['none', 'basic', 'extended'])
      .default('extended')
      .describe(
        'What the runtime does to the graph beforehand: nothing; standard operators only; fused operators of its own as well.',
      ),
    externalData: z
      .boolean()
      .default(false)
      .describe('Of onnx: weights of 1 KiB or more in a file of their own, exported.onnx.data.'),
  })
  .refine(({ format, externalData }) => format === 'onnx' || !externalData, {
    error: 'the format ort is one file: leave it out, or choose format: onnx',
    path: ['externalData'],
  });
export type ExportOptions = z.infer<typeof ExportOptions>;

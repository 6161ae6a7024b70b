import { z } from 'zod';

/** The figures of one model; accuracy and latency are absent until an evaluate pass has measured them. */
export const ModelMetrics = z
  .object({
    bytes: z.number().int().describe('Bytes on disk.'),
    compressedBytes: z.number().int().describe('Bytes for transfer, compressed with brotli.'),
    formatBits: z.number().int().optional().describe('Bits that the stored weights need in their format.'),
    parameters: z.number().int(),
    nonZeros: z.number().int(),
    top1: z.number().min(0).max(1).optional(),
    top5: z.number().min(0).max(1).optional(),
    outputSnrDb: z.number().nullable().optional().describe('Signal to noise of the outputs against the baseline, their shares of noise averaged, dB; null when they are identical.'),
    worstSnrDb: z.number().nullable().optional().describe('The least signal to noise that an output or one of its channels keeps, in its own units, dB; null when all are identical.'),
    latencyMsP50: z.number().optional(),
    latencyMsP95: z.number().optional(),
    latencySamplesMs: z.array(z.number()).optional().describe('Raw latencies, warm-up left out.'),
  })
  .meta({ id: 'ModelMetrics' });
export type ModelMetrics = z.infer<typeof ModelMetrics>;

/** A stage's figures. The transfer size follows within moments of its end, and before that of its job: later stages do not wait for it. */
export const StageMetrics = ModelMetrics.partial({ compressedBytes: true }).meta({ id: 'StageMetrics' });
export type StageMetrics = z.infer<typeof StageMetrics>;

/** Something a pass looked at and left alone. */
export const Skipped = z
  .object({ node: z.string(), opType: z.string().optional(), reason: z.string() })
  .meta({ id: 'Skipped' });
export type Skipped = z.infer<typeof Skipped>;

import { z } from 'zod';

export const EvaluateOptions = z.strictObject({
  split: z.enum(['test', 'train', 'calibration']).default('test').describe('Split on which accuracy is measured.'),
  samples: z.int().min(1).optional().describe('At most so many samples; all of the split by default.'),
  batchSize: z.int().min(1).max(4096).default(100).describe('Samples per run when accuracy is measured.'),
  latencyRuns: z
    .int()
    .min(5)
    .max(10_000)
    .default(200)
    .describe('Timed single-sample runs per model, after the warm-up.'),
  latencySeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(0)
    .describe('Seconds that timing goes on at least, all models together.'),
  latencyWithin: z
    .number()
    .min(0)
    .max(0.5)
    .default(0)
    .describe(
      'Timing ends before that once medians and ratios are known to within this share, such as 0.01; 0 for never.',
    ),
  warmupRuns: z.int().min(0).max(10_000).default(20).describe('Runs before the clock starts.'),
  threads: z.int().min(1).max(64).default(1).describe('Threads of one inference.'),
});
export type EvaluateOptions = z.infer<typeof EvaluateOptions>;

import { z } from 'zod';

/** What is measured on a device, and for how long; part of what a result is known by. */
export const BenchmarkSettings = z
  .strictObject({
    quick: z
      .boolean()
      .default(false)
      .describe('Seconds instead of a minute, for a first impression; results say that they were quick.'),
    runs: z.int().min(6).max(1_000_000).default(1024).describe('Timed runs of each model at least.'),
    seconds: z.number().min(0).max(3600).default(60).describe('Seconds that timing goes on at least.'),
    within: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.01)
      .describe('Timing ends before that once medians and ratios are known to within this share; 0 for never.'),
    warmupRuns: z.int().min(0).max(10_000).default(20).describe('Runs of each model that do not count.'),
    threads: z.int().min(1).max(64).default(1).describe('Threads of one run.'),
    batch: z.int().min(1).max(4096).default(1).describe('Samples of one run, where the model leaves it open.'),
    profile: z.boolean().default(true).describe('Measure each operator, and which execution provider ran it.'),
    seed: z.int().min(0).max(0x7fffffff).default(0).describe('Of the inputs and of the order of the models.'),
  })
  .meta({ id: 'BenchmarkSettings' });
export type BenchmarkSettings = z.infer<typeof BenchmarkSettings>;

/** As recipes ask for it: with what does not change a result. */
export const BenchmarkOptions = BenchmarkSettings.omit({ seed: true }).extend({
  timeLimitMinutes: z
    .number()
    .positive()
    .max(7 * 24 * 60)
    .default(60)
    .describe('Minutes after which a benchmark that no device has taken fails, it alone.'),
  fresh: z.boolean().default(false).describe('Measure anew what has been measured before.'),
});
export type BenchmarkOptions = z.infer<typeof BenchmarkOptions>;

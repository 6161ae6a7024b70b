import { z } from 'zod';
import { Duration, durationSeconds } from './duration.js';
import { GovernorName } from './fingerprint.js';
import { MOST_BATCH, MOST_THREADS, ThroughputSettings } from './throughput.js';

/** A shorter run has no first and last stretch, a longer one would keep a device from all else. */
const LEAST_SUSTAINED_S = 4;
const MOST_SUSTAINED_S = 30 * 60;

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
    threads: z.int().min(1).max(MOST_THREADS).default(1).describe('Threads of one run.'),
    batch: z.int().min(1).max(MOST_BATCH).default(1).describe('Samples of one run, where the model leaves it open.'),
    profile: z.boolean().default(true).describe('Measure each operator, and which execution provider ran it.'),
    throughput: ThroughputSettings.optional().describe('Measure samples a second at several batch sizes and threads.'),
    energy: z.boolean().default(true).describe('Measure the energy of a run, where the system counts it.'),
    sustainedSeconds: z
      .int()
      .min(LEAST_SUSTAINED_S)
      .max(MOST_SUSTAINED_S)
      .optional()
      .describe('Timing goes on for so long, whatever is known by then: what heat leaves of the speed.'),
    maxTemperatureC: z
      .number()
      .min(-100)
      .max(200)
      .optional()
      .describe('It is not begun while the device is hotter, where the temperature can be read.'),
    maxLoad: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('It is not begun while more work than this is on the device, in processes for each of its processors.'),
    governor: GovernorName.optional().describe(
      'It is begun only while this governor decides the frequency, such as performance, where that can be read.',
    ),
    minFrequencyMhz: z
      .number()
      .min(0)
      .optional()
      .describe('It is not begun while the system allows no processor so high a frequency, where that can be read.'),
    mains: z.boolean().optional().describe('It is not begun while the device runs on its battery.'),
    minBatteryPercent: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('It is not begun while the battery holds less, where the device has one.'),
    seed: z.int().min(0).max(0x7fffffff).default(0).describe('Of the inputs and of the order of the models.'),
  })
  .meta({ id: 'BenchmarkSettings' });
export type BenchmarkSettings = z.infer<typeof BenchmarkSettings>;

/** As recipes ask for it: with what does not change a result. */
export const BenchmarkOptions = BenchmarkSettings.omit({ seed: true, sustainedSeconds: true })
  .extend({
    sustained: Duration.optional().describe(
      'Time for so long, such as 10m, and compare the first minute with the last; at most 30m.',
    ),
    timeLimitMinutes: z
      .number()
      .positive()
      .max(7 * 24 * 60)
      .default(60)
      .describe('Minutes after which a benchmark that no device has taken fails, it alone.'),
    fresh: z.boolean().default(false).describe('Measure anew what has been measured before.'),
  })
  .superRefine(({ sustained, quick }, context) => {
    if (sustained === undefined) return;
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['sustained'], message });
    if (quick) refuse('a quick measurement takes seconds: leave quick or sustained out');
    const seconds = durationSeconds(sustained);
    if (seconds < LEAST_SUSTAINED_S || seconds > MOST_SUSTAINED_S) refuse('between 4s and 30m, such as 10m');
  });
export type BenchmarkOptions = z.infer<typeof BenchmarkOptions>;

/** What devices are told of the options of a recipe, whose seed decides inputs and order. */
export function benchmarkSettings(options: BenchmarkOptions, seed: number): BenchmarkSettings {
  const { timeLimitMinutes: _limit, fresh: _fresh, sustained, ...settings } = options;
  const long = sustained === undefined ? {} : { sustainedSeconds: durationSeconds(sustained) };
  return BenchmarkSettings.parse({ ...settings, ...long, seed });
}

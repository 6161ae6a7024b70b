import { z } from 'zod';
import { LatencyRatio } from '../metrics.js';

export const MOST_BATCH = 4096;
export const MOST_THREADS = 64;
const MOST_OF_EACH = 8;
/** Combinations of batch sizes and threads: each loads every model anew. */
const MOST_POINTS = 16;
const MOST_SAMPLES = 5000;
const MOST_MODELS = 60;
/** A day, as for every other time. */
const MOST_MS = 24 * 3600 * 1000;

const Batch = z.int().min(1).max(MOST_BATCH);
const Threads = z.int().min(1).max(MOST_THREADS);

/** Batch sizes and threads at which it is measured how many samples a second a model takes. */
export const ThroughputSettings = z
  .strictObject({
    batches: z.array(Batch).min(1).max(MOST_OF_EACH).describe('Samples of one run, where the model leaves them open.'),
    threads: z.array(Threads).min(1).max(MOST_OF_EACH).default([1]).describe('Threads of one run.'),
    seconds: z
      .number()
      .min(0.01)
      .max(60)
      .default(2)
      .describe('Seconds of each combination of a batch size and threads, all models together.'),
  })
  .superRefine(({ batches, threads }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    for (const [field, values] of Object.entries({ batches, threads }))
      if (new Set(values).size < values.length) refuse(field, 'names one twice: leave the second out');
    const points = batches.length * threads.length;
    if (points > MOST_POINTS) refuse('batches', `make ${points} combinations with threads, at most ${MOST_POINTS}`);
  })
  .meta({ id: 'ThroughputSettings' });
export type ThroughputSettings = z.infer<typeof ThroughputSettings>;

/** What a device sends of one combination: raw times, as of the steady runs. */
export const ThroughputSamples = z
  .strictObject({
    batch: Batch,
    threads: Threads,
    samplesMs: z
      .array(z.array(z.number().min(0).max(MOST_MS)).max(MOST_SAMPLES))
      .max(MOST_MODELS)
      .describe('Times of a run by model, in blocks as the steady runs; empty where it could not be measured.'),
    reason: z.string().min(1).max(300).nullable().describe('Why it could not be measured.'),
  })
  .meta({ id: 'ThroughputSamples' });
export type ThroughputSamples = z.infer<typeof ThroughputSamples>;

/** How many samples a second a model takes at one combination. */
export const ModelThroughput = z
  .object({
    label: z.string(),
    perSecond: z.number().describe('Samples a second at the median.'),
    low: z.number().nullable().describe('Lower end of its 95 % interval; null where too few runs were timed.'),
    high: z.number().nullable(),
    latencyRatio: LatencyRatio.nullable().describe('Against the baseline at the same combination.'),
  })
  .meta({ id: 'ModelThroughput' });
export type ModelThroughput = z.infer<typeof ModelThroughput>;

/** One combination in figures, by model in the order of the result. */
export const ThroughputPoint = z
  .object({
    batch: Batch,
    threads: Threads,
    models: z.array(ModelThroughput).describe('None where it was not measured.'),
    reason: z.string().nullable().describe('Why it was not measured.'),
  })
  .meta({ id: 'ThroughputPoint' });
export type ThroughputPoint = z.infer<typeof ThroughputPoint>;

/** Every combination that settings ask for. */
export const throughputPoints = ({ batches, threads }: ThroughputSettings): { batch: number; threads: number }[] =>
  threads.flatMap((each) => batches.map((batch) => ({ batch, threads: each })));

/** A combination as people are told: "8 samples, 2 threads". */
export const throughputName = ({ batch, threads }: { batch: number; threads: number }): string =>
  `${batch} ${batch === 1 ? 'sample' : 'samples'}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;

import { z } from 'zod';
import { BenchmarkOptions } from '../devices/benchmark-settings.js';
import { DeviceSelector } from '../devices/selection.js';
import { METRIC_NAMES } from '../metric-table.js';
import { TASK_NAMES } from '../tasks.js';
import { CustomMetric } from './custom-metric.js';
import { refuseTaskConflicts } from './task-conflicts.js';
import {
  AnomalyOptions,
  ClassificationOptions,
  DetectionOptions,
  SegmentationOptions,
  SequenceOptions,
  WakeWordOptions,
} from './task-options.js';

const MOST_SELECTORS = 50;

export const EvaluateOptions = z
  .strictObject({
    split: z.enum(['test', 'train', 'calibration']).default('test').describe('Split on which quality is measured.'),
    samples: z.int().min(1).optional().describe('At most so many samples; all of the split by default.'),
    skip: z
      .int()
      .min(0)
      .optional()
      .describe('Samples that are left out first, so that two evaluations see different ones.'),
    shuffleSeed: z
      .int()
      .min(0)
      .max(0x7fffffff)
      .optional()
      .describe('Takes the samples in an order that this number decides; by default as they are stored.'),
    batchSize: z.int().min(1).max(4096).default(100).describe('Samples per run when quality is measured.'),
    task: z
      .enum(TASK_NAMES)
      .optional()
      .describe(
        'What the model is for; by default classification where labels are classes, detection where they are boxes, else regression.',
      ),
    metrics: z
      .array(z.enum(METRIC_NAMES))
      .min(1)
      .optional()
      .describe('Figures of quality that must be had; by default all of the task that can be.'),
    readOutput: z.string().min(1).optional().describe('Output that the task reads; by default the first that fits.'),
    confidence: z
      .number()
      .min(0.5)
      .max(0.999)
      .default(0.95)
      .describe('Chance that the interval of a figure of quality holds its true value.'),
    resamples: z
      .int()
      .min(100)
      .max(10_000)
      .default(1000)
      .describe('Resamples of the bootstrap, for figures without a closed form.'),
    classification: ClassificationOptions.optional(),
    detection: DetectionOptions.optional(),
    segmentation: SegmentationOptions.optional(),
    sequence: SequenceOptions.optional(),
    wakeWord: WakeWordOptions.optional(),
    anomaly: AnomalyOptions.optional(),
    custom: z
      .array(CustomMetric)
      .min(1)
      .max(8)
      .optional()
      .describe('Figures of your own, where the operator of the server lets users run modules.'),
    devices: z
      .array(DeviceSelector)
      .min(1)
      .max(MOST_SELECTORS)
      .optional()
      .describe('Registered devices that measure the models too: names, or tags with each: true or any: N.'),
    benchmark: BenchmarkOptions.optional().describe('How the devices measure.'),
    deviceInputs: z
      .enum(['synthetic', 'data'])
      .optional()
      .describe('What devices feed: values made up from the seed, or samples of the data set; made up if left out.'),
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
  })
  .superRefine(refuseTaskConflicts);
export type EvaluateOptions = z.infer<typeof EvaluateOptions>;

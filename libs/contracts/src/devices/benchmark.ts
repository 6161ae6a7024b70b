import { z } from 'zod';
import { Digest } from '../digest.js';
import { LatencyRatio } from '../metrics.js';
import { ArtifactRef, Failure } from '../rest.js';
import { EnergySamples, EnergyReading, ModelEnergy } from './energy.js';
import { DeviceCondition } from './fingerprint.js';
import { ThroughputPoint, ThroughputSamples } from './throughput.js';

/** Samples of one model that a result carries at most; of more, evenly spaced blocks are sent. */
export const MOST_SAMPLES = 10_000;
/** Nodes of a profile at most. */
const MOST_NODES = 20_000;
const MOST_MODELS = 60;
/** Combinations of batch sizes and threads. */
const MOST_POINTS = 16;

/** A day: no load and no run of a benchmark takes longer, and sums of such times are numbers still. */
const MOST_MS = 24 * 3600 * 1000;
const Ms = z.number().min(0).max(MOST_MS);
const Bytes = z
  .number()
  .min(0)
  .max(2 ** 50);

/** A node of the graph as the runtime made it, where it ran and how long it took. */
export const NodeTiming = z
  .strictObject({
    name: z.string().max(500),
    opType: z.string().max(100),
    provider: z.string().max(100).nullable().describe('The execution provider that ran it.'),
    meanUs: z
      .number()
      .min(0)
      .max(1000 * MOST_MS),
    share: z.number().min(0).max(1).describe('Of the time of all nodes.'),
  })
  .meta({ id: 'NodeTiming' });
export type NodeTiming = z.infer<typeof NodeTiming>;

/** One model as a device has measured it, raw. */
export const ModelSamples = z
  .strictObject({
    digest: Digest,
    coldLoadMs: Ms.describe('The first load of a new process.'),
    warmLoadMs: Ms.nullable().describe('The next load in the same process.'),
    firstRunMs: Ms,
    samplesMs: z
      .array(Ms)
      .min(1)
      .max(MOST_SAMPLES)
      .describe('Steady runs, warm-up left out; sample i of each model is of the same block.'),
    runsPerSample: z.number().int().min(1).describe('Runs of which a sample is the mean.'),
    peakRssBytes: Bytes.nullable().describe('Resident memory at most, above that before the load.'),
    nodes: z.array(NodeTiming).max(MOST_NODES).nullable().describe('Null where the runtime does not profile.'),
    joules: EnergySamples.optional().describe('Energy of a run, by window; absent where it is not measured.'),
  })
  .meta({ id: 'ModelSamples' });
export type ModelSamples = z.infer<typeof ModelSamples>;

/**
 * What a device sends of a benchmark: raw times. What they mean is computed by the server, the same for every device.
 */
export const BenchmarkSamples = z
  .strictObject({
    models: z.array(ModelSamples).min(1).max(MOST_MODELS).describe('In the order of the lease, the baseline first.'),
    atSeconds: z
      .array(
        z
          .number()
          .min(0)
          .max(MOST_MS / 1000),
      )
      .max(MOST_SAMPLES)
      .optional()
      .describe('When each sample began, from the first; what a sustained measurement is read off.'),
    blocks: z.number().int().min(1).describe('Blocks that were timed, of which the samples may be a part.'),
    seconds: z
      .number()
      .min(0)
      .max(MOST_MS / 1000)
      .describe('From the first timed block to the last.'),
    stoppedBy: z.enum(['limits', 'precision', 'time']),
    quick: z.boolean().describe('Less than 1,024 runs and a minute, or medians known to 1 %.'),
    clockResolutionMs: Ms,
    before: DeviceCondition,
    after: DeviceCondition,
    throughput: z
      .array(ThroughputSamples)
      .max(MOST_POINTS)
      .optional()
      .describe('By combination, in the order of the lease; absent where the device does not measure it.'),
    energy: EnergyReading.nullable().optional().describe('Where energy was read; null where nothing counts it.'),
    inputs: z.enum(['synthetic', 'data']).optional().describe('What the models were fed; made-up values if absent.'),
    notes: z.array(z.string().max(500)).max(20).describe('What a reader of the figures must know.'),
  })
  .meta({ id: 'BenchmarkSamples' });
export type BenchmarkSamples = z.infer<typeof BenchmarkSamples>;

/** What the file of a benchmark holds of its models; it tells of the device and the inputs as well. */
export const BenchmarkFile = z.object({ models: z.array(ModelSamples) });
export type BenchmarkFile = z.infer<typeof BenchmarkFile>;

/** What heat leaves of the speed of a model. */
export const SustainedTiming = z
  .object({
    windowSeconds: z.number().describe('Length of the first and the last stretch: a minute, or half of a short run.'),
    firstMs: Ms.describe('Median of the first stretch.'),
    lastMs: Ms.describe('Median of the last.'),
    ratio: z.number().describe('Last over first: 1.4 takes 1.4 times as long at the end.'),
  })
  .meta({ id: 'SustainedTiming' });
export type SustainedTiming = z.infer<typeof SustainedTiming>;

/** One model of a benchmark in figures. */
export const ModelTiming = z
  .object({
    digest: Digest,
    label: z.string(),
    coldLoadMs: Ms,
    warmLoadMs: Ms.nullable(),
    firstRunMs: Ms,
    p50: Ms,
    p90: Ms,
    p95: Ms,
    p99: Ms,
    low: Ms.nullable().describe('Lower end of the 95 % interval of the median.'),
    high: Ms.nullable(),
    perSecond: z.number().describe('Samples a second at the median.'),
    peakRssBytes: z.number().nullable(),
    providers: z
      .record(z.string(), z.number())
      .nullable()
      .describe('Share of the time of all nodes that each execution provider ran; null without a profile.'),
    latencyRatio: LatencyRatio.nullable().describe('Against the baseline; null of the baseline itself.'),
    sustained: SustainedTiming.optional().describe('Absent where the measurement was not a sustained one.'),
    energy: ModelEnergy.optional().describe('Absent where it was not measured.'),
  })
  .meta({ id: 'ModelTiming' });
export type ModelTiming = z.infer<typeof ModelTiming>;

export const BenchmarkResult = z
  .object({
    models: z.array(ModelTiming),
    ...BenchmarkSamples.omit({ models: true, atSeconds: true, throughput: true }).shape,
    throughput: z.array(ThroughputPoint).optional().describe('Absent where it was not asked for.'),
    warnings: z.array(z.string()).optional().describe('What makes a figure another than it seems.'),
    fingerprint: Digest.describe('SHA-256 of the fingerprint of the device that measured.'),
    raw: ArtifactRef.describe('All that the device sent: samples and profiles.'),
  })
  .meta({ id: 'BenchmarkResult' });
export type BenchmarkResult = z.infer<typeof BenchmarkResult>;

export const BenchmarkState = z.enum(['waiting', 'running', 'succeeded', 'failed', 'cancelled']);
export type BenchmarkState = z.infer<typeof BenchmarkState>;

/** Why a benchmark is where it is. */
export const BenchmarkStatus = z.enum([
  'queued',
  'no_eligible_device',
  'all_offline',
  'no_usable_device',
  'over_limits',
  'running',
  'ended',
]);
export type BenchmarkStatus = z.infer<typeof BenchmarkStatus>;

/** The models of one stage, measured against the baseline on one device. */
export const Benchmark = z
  .object({
    id: z.uuid(),
    jobId: z.uuid(),
    stage: z.number().int(),
    asked: z.string().describe('The device as the recipe names it.'),
    device: z.string().nullable().describe('Name of the device that measures or has measured it.'),
    state: BenchmarkState,
    status: BenchmarkStatus,
    reason: z.string().describe('In words: why it waits, what it is at, how it ended.'),
    progress: z.number().min(0).max(1),
    attempts: z.number().int().describe('Times that a device has begun it.'),
    cached: z.boolean().describe('The result was known by models, fingerprint and settings.'),
    error: Failure.nullable(),
    result: BenchmarkResult.nullable(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    deadlineAt: z.iso.datetime().describe('When it fails if no device has taken it.'),
  })
  .meta({ id: 'Benchmark' });
export type Benchmark = z.infer<typeof Benchmark>;

/** A benchmark as a report tells of it. */
export const ReportedBenchmark = Benchmark.pick({
  stage: true,
  asked: true,
  device: true,
  state: true,
  cached: true,
  error: true,
  result: true,
}).meta({ id: 'ReportedBenchmark' });
export type ReportedBenchmark = z.infer<typeof ReportedBenchmark>;

import {
  throughputName,
  type ArtifactRef,
  type BenchmarkResult,
  type BenchmarkSamples,
  type ModelSamples,
  type ModelTiming,
  type NodeTiming,
} from '#contracts';
import type { BenchmarkWork } from '#database';
import { compare, medianInterval, summarize } from '#measurement';
import { conditionDoubt, unheldLimits } from '#pipeline';
import { ApiError } from '../problems/api-error.js';
import { doubted } from './doubted.js';
import { energyOf } from './energy-figures.js';
import { sustainedFigures } from './sustained-figures.js';
import { throughputFault, throughputFigures } from './throughput-figures.js';
import { unmeasured } from './unmeasured.js';

/** A nanosecond: no run of a model is shorter, and ratios of such times say nothing. */
const LEAST_MS = 1e-6;

/**
 * Throws ApiError `benchmark_result` for samples that are not of the models that the lease names, or that took no time.
 */
export function checkSamples(work: BenchmarkWork, samples: BenchmarkSamples): void {
  const { models } = work;
  const wanted = models.map(({ digest }) => digest);
  const given = samples.models.map(({ digest }) => digest);
  if (wanted.join() !== given.join())
    throw new ApiError(
      'benchmark_result',
      `the result is of the models ${given.join(', ')}, the lease of ${wanted.join(', ')}, in this order`,
    );
  const counts = new Set(samples.models.map(({ samplesMs }) => samplesMs.length));
  if (samples.atSeconds) counts.add(samples.atSeconds.length);
  if (counts.size > 1)
    throw new ApiError(
      'benchmark_result',
      `models and atSeconds have ${[...counts].join(' and ')} samples: sample i of each must be of the same block`,
    );
  const fault = throughputFault(work, samples.throughput);
  if (fault !== null) throw new ApiError('benchmark_result', fault);
  const untimed = timesOf(samples).find(({ samplesMs }) => samplesMs.some((ms) => ms < LEAST_MS));
  if (untimed)
    throw new ApiError(
      'benchmark_result',
      `a sample of ${untimed.of} took less than a nanosecond, of which no ratio can be had: make each sample of more runs`,
    );
}

/** Every list of times, with what it is of. */
function timesOf({ models, throughput = [] }: BenchmarkSamples): { of: string; samplesMs: readonly number[] }[] {
  const steady = models.map(({ digest, samplesMs }) => ({ of: digest, samplesMs }));
  return [
    ...steady,
    ...throughput.flatMap((point) => point.samplesMs.map((samplesMs) => ({ of: throughputName(point), samplesMs }))),
  ];
}

/** What a device has sent, in figures: percentiles, intervals, and each model against the baseline, the first. */
export function toResult(
  work: BenchmarkWork,
  samples: BenchmarkSamples,
  { cores, ...of }: { fingerprint: string; raw: ArtifactRef; cores: number },
): BenchmarkResult {
  const { models, settings, inputs } = work;
  const speedups = compare(samples.models.map(({ samplesMs }) => samplesMs));
  const batch = inputs[0]?.dims[0] ?? settings.batch;
  const { models: sent, atSeconds: _at, throughput, ...rest } = samples;
  const doubt = conditionDoubt(settings, { ...samples, cores });
  const long = sustainedFigures(work, samples);
  return {
    ...rest,
    ...of,
    ...throughputFigures(work, throughput, doubt),
    notes: [
      ...rest.notes,
      ...unheldLimits(settings, samples.before),
      ...long.notes,
      ...unmeasured(work, samples),
      ...inputNotes(work, samples),
    ],
    ...(long.warnings.length > 0 ? { warnings: long.warnings } : {}),
    models: sent.map((model, index) => ({
      ...timingOf(model, models[index]?.label ?? '', batch),
      latencyRatio: doubted(speedups[index - 1], doubt),
      ...long.of(index),
      ...energyOf(samples, index),
    })),
  };
}

/** What the models were fed, which agents of any language may leave open. */
function inputNotes({ data }: BenchmarkWork, { inputs }: BenchmarkSamples): string[] {
  if (inputs === 'data') return ['the inputs are samples of the data set'];
  return [data ? 'the inputs are made up: its agent does not feed those of the data set' : 'the inputs are made up'];
}

function timingOf(model: ModelSamples, label: string, batch: number): Omit<ModelTiming, 'latencyRatio'> {
  const { digest, coldLoadMs, warmLoadMs, firstRunMs, peakRssBytes, samplesMs, nodes } = model;
  const { median, low, high } = medianInterval(samplesMs);
  return {
    ...{ digest, label, coldLoadMs, warmLoadMs, firstRunMs, peakRssBytes, low, high },
    ...summarize(samplesMs),
    perSecond: median > 0 ? (1000 * batch) / median : 0,
    providers: nodes && sharesOf(nodes),
  };
}

/** Share of the time that each execution provider took. */
function sharesOf(nodes: readonly NodeTiming[]): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const { provider, share } of nodes) shares[provider ?? 'unknown'] = (shares[provider ?? 'unknown'] ?? 0) + share;
  return shares;
}

import type { ArtifactRef, BenchmarkResult, BenchmarkSamples, ModelSamples, ModelTiming, NodeTiming } from '#contracts';
import type { BenchmarkWork } from '#database';
import { compare, latencyRatio, medianInterval, summarize } from '#measurement';
import { ApiError } from '../problems/api-error.js';

/** Throws ApiError `benchmark_result` for samples that are not of the models that the lease names, or that took no time. */
export function checkSamples({ models }: BenchmarkWork, samples: BenchmarkSamples): void {
  const wanted = models.map(({ digest }) => digest);
  const given = samples.models.map(({ digest }) => digest);
  if (wanted.join() !== given.join())
    throw new ApiError(
      'benchmark_result',
      `the result is of the models ${given.join(', ')}, the lease of ${wanted.join(', ')}, in this order`,
    );
  const counts = new Set(samples.models.map(({ samplesMs }) => samplesMs.length));
  if (counts.size > 1)
    throw new ApiError(
      'benchmark_result',
      `models have ${[...counts].join(' and ')} samples: sample i of each must be of the same block`,
    );
  const untimed = samples.models.find(({ samplesMs }) => samplesMs.includes(0));
  if (untimed)
    throw new ApiError(
      'benchmark_result',
      `a sample of ${untimed.digest} took 0 ms, of which no ratio can be had: make each sample of more runs`,
    );
}

/** What a device has sent, in figures: percentiles, intervals, and each model against the baseline, the first. */
export function toResult(
  { models, settings, inputs }: BenchmarkWork,
  samples: BenchmarkSamples,
  of: { fingerprint: string; raw: ArtifactRef },
): BenchmarkResult {
  const speedups = compare(samples.models.map(({ samplesMs }) => samplesMs));
  const batch = inputs[0]?.dims[0] ?? settings.batch;
  const { models: sent, ...rest } = samples;
  return {
    ...rest,
    ...of,
    models: sent.map((model, index) => {
      const speedup = speedups[index - 1];
      const label = models[index]?.label ?? '';
      return { ...timingOf(model, label, batch), latencyRatio: speedup ? latencyRatio(speedup) : null };
    }),
  };
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

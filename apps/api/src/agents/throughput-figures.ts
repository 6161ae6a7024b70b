import {
  throughputName,
  type LatencyRatio,
  type ModelThroughput,
  type ThroughputPoint,
  type ThroughputSamples,
} from '#contracts';
import type { BenchmarkWork } from '#database';
import { compare, medianInterval } from '#measurement';
import { doubted } from './doubted.js';

const MS = 1000;

/** What of the combinations that were asked for is not as it must be; null where all is. None at all may be missing. */
export function throughputFault(
  { models, throughput }: BenchmarkWork,
  sent?: readonly ThroughputSamples[],
): string | null {
  if (sent === undefined) return null;
  const wanted = (throughput ?? []).map(throughputName).join('; ');
  const given = sent.map(throughputName).join('; ');
  if (wanted !== given)
    return `the throughput is of ${given || 'no combination'}, the lease asks for ${wanted || 'none'}, in this order`;
  const faulty = sent.find((point) => point.reason === null && !isOfBlocks(point, models.length));
  return faulty === undefined
    ? null
    : `the throughput of ${throughputName(faulty)} is not of ${models.length} models with as many samples each: say why in reason where it was not measured`;
}

/** Sample i of each model is of the same block. */
function isOfBlocks({ samplesMs }: ThroughputSamples, models: number): boolean {
  const counts = new Set(samplesMs.map(({ length }) => length));
  return samplesMs.length === models && counts.size === 1 && !counts.has(0);
}

/**
 * Samples a second of each model at each combination that was asked for; nothing where none was. With a `doubt` no model
 * is called faster or slower.
 */
export function throughputFigures(
  { models, throughput }: BenchmarkWork,
  sent: readonly ThroughputSamples[] | undefined,
  doubt: string | null = null,
): { throughput?: ThroughputPoint[] } {
  if (!throughput) return {};
  const points = throughput.map(({ batch, threads }, index): ThroughputPoint => {
    const samples = sent?.[index];
    if (!samples) return { batch, threads, models: [], reason: 'its agent does not measure throughput' };
    const { reason, samplesMs } = samples;
    if (reason !== null) return { batch, threads, models: [], reason };
    const speedups = compare(samplesMs);
    const figureOf = ({ label }: { label: string }, place: number) =>
      figure({ label, batch }, samplesMs[place] ?? [], doubted(speedups[place - 1], doubt));
    return { batch, threads, models: models.map(figureOf), reason: null };
  });
  return { throughput: points };
}

function figure(
  { label, batch }: { label: string; batch: number },
  samplesMs: readonly number[],
  ratio: LatencyRatio | null,
): ModelThroughput {
  const { median, low, high } = medianInterval(samplesMs);
  const rate = (ms: number | null) => (ms === null || ms <= 0 ? null : (MS * batch) / ms);
  return {
    label,
    perSecond: rate(median) ?? 0,
    low: rate(high),
    high: rate(low),
    latencyRatio: ratio,
  };
}

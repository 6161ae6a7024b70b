import { describeSpeedup, summarize, type Measurement, type Speedup } from '#measurement';

/** How the latencies came about, and the percentiles of each distinct model, the baseline first. */
export function latencyFacts({ samplesMs, seconds, clockResolutionMs, isQuick }: Measurement): Record<string, unknown> {
  return {
    runs: samplesMs[0]?.length ?? 0,
    seconds,
    order: 'random in blocks',
    quick: isQuick,
    clockResolutionMs,
    percentilesMs: samplesMs.map(summarize),
  };
}

/** What may be said of the speed of the last model, in words; null where that is the baseline. */
export function speedVerdict(last: Speedup | undefined, { isQuick }: Measurement): string | null {
  if (!last) return null;
  const others = last.comparisons > 1 ? `; the intervals of all ${last.comparisons} models hold together` : '';
  const quick = isQuick ? `; a quick measurement of ${last.pairs} runs each` : '';
  return `the last model against the baseline: ${describeSpeedup(last)}${others}${quick}`;
}

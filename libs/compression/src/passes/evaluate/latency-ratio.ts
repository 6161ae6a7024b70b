import type { LatencyRatio } from '#contracts';
import { describeSpeedup, summarize, type Measurement, type Speedup } from '#measurement';

/** A speed-up as the figure of a model: its time over the baseline's. */
export function latencyRatio({ speedup, low, high, confidence, equalWithin, verdict, reason }: Speedup): LatencyRatio {
  const over = (value: number | null) => (value === null ? null : 1 / value);
  return { ratio: 1 / speedup, low: over(high), high: over(low), confidence, equalWithin, verdict, reason };
}

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
  return `the last model against the baseline: ${describeSpeedup(last)}${others}${isQuick ? `; a quick measurement of ${last.pairs} runs each` : ''}`;
}

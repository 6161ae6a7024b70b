import { percentile } from './percentile.js';

/** The figures that are reported of raw times, ms. */
export interface TimeSummary {
  p50: number;
  p90: number;
  p95: number;
  p99: number;
}

/** Percentiles of raw times. */
export function summarize(samplesMs: readonly number[]): TimeSummary {
  const [p50, p90, p95, p99] = [50, 90, 95, 99].map((q) => percentile(samplesMs, q)) as [
    number,
    number,
    number,
    number,
  ];
  return { p50, p90, p95, p99 };
}

import { performance } from 'node:perf_hooks';
import { measure, QUICK, summarizePairs, type Speedup } from '#measurement';
import { subjectOf, type LatencySubject } from './latency.js';

export interface SpeedupOptions {
  /** Pairs at most, and the time after which no more are begun, once there are enough for an interval. */
  maxPairs?: number;
  maxSeconds?: number;
  /** Pairs of runs that do not count, after the first. */
  warmupPairs?: number;
  /** Called after every pair, with the share that is done. */
  onProgress?: (fraction: number) => void;
}

/**
 * Times two models in pairs of runs, in random order, so that a machine busy with other work meets both alike. A quick
 * measurement: pairs go on until there are enough or time is up, but for an interval at least.
 */
export async function measureSpeedup(
  before: LatencySubject,
  after: LatencySubject,
  options: SpeedupOptions = {},
): Promise<Speedup> {
  const { maxPairs = QUICK.minRuns, maxSeconds = QUICK.maxSeconds, warmupPairs = QUICK.warmupRuns } = options;
  const settings = { ...QUICK, minRuns: maxPairs, maxSeconds, warmupRuns: warmupPairs, ticks: 0 };
  const { onProgress } = options;
  const hooks = onProgress ? { onProgress } : {};
  const { samplesMs } = await measure([subjectOf(before), subjectOf(after)], settings, performance, hooks);
  const [first = [], second = []] = samplesMs;
  return summarizePairs(first.map((ms, block) => [ms, second[block] ?? NaN]));
}

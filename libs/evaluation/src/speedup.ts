import { performance } from 'node:perf_hooks';
import type { LatencySubject } from './latency.js';
import { percentile } from './percentile.js';

/** How much faster one model is than another, with what the clock's noise leaves of it. */
export interface Speedup {
  /** Medians over the runs, ms. */
  beforeMs: number;
  afterMs: number;
  /** Median over pairs of neighbouring runs of time before / time after. */
  speedup: number;
  /** Ends of the 95 % interval of that median; null where fewer than {@link LEAST_PAIRS} pairs were timed. */
  low: number | null;
  high: number | null;
  /** Pairs of runs that were timed. */
  pairs: number;
}

export interface SpeedupOptions {
  /** Pairs at most, and the time after which no more are begun, once there are {@link LEAST_PAIRS}. */
  maxPairs?: number;
  maxSeconds?: number;
  /** Pairs of runs that do not count. */
  warmupPairs?: number;
}

/** The fewest pairs that have a 95 % interval: all on one side of the median has a chance of 2 / 2^6 = 3 %. */
export const LEAST_PAIRS = 6;

/** However slow the models are, no more pairs are begun after so many times maxSeconds, and the interval is unknown then. */
const PATIENCE = 30;

/**
 * Times two models in pairs of runs, each first in every other pair, so that a machine busy with other work meets both alike.
 * Pairs go on until there are enough or time is up, but for {@link LEAST_PAIRS} at least.
 */
export async function measureSpeedup(
  before: LatencySubject,
  after: LatencySubject,
  options: SpeedupOptions = {},
): Promise<Speedup> {
  const { maxPairs = 50, maxSeconds = 2, warmupPairs = 3 } = options;
  const pairs: [number, number][] = [];
  const start = performance.now();
  const secondsSince = () => (performance.now() - start) / 1000;
  for (let i = 0; i < warmupPairs && (i === 0 || secondsSince() < maxSeconds); i++) await timePair(before, after, i);
  for (let i = 0; i < maxPairs; i++) {
    const limit = i < LEAST_PAIRS ? maxSeconds * PATIENCE : maxSeconds;
    if (i > 0 && secondsSince() >= limit) break;
    pairs.push(await timePair(before, after, i));
  }
  return summarizePairs(pairs);
}

async function timePair(before: LatencySubject, after: LatencySubject, i: number): Promise<[number, number]> {
  if (i % 2 === 0) return [await timeRun(before, i), await timeRun(after, i)];
  const second = await timeRun(after, i);
  return [await timeRun(before, i), second];
}

async function timeRun({ session, feeds }: LatencySubject, i: number): Promise<number> {
  const feed = feeds[i % feeds.length]!;
  const start = performance.now();
  await session.run(feed);
  return performance.now() - start;
}

/** The figures of pairs of times [before, after] in ms. */
export function summarizePairs(pairs: readonly (readonly [number, number])[]): Speedup {
  const median = (values: readonly number[]) => percentile(values, 50);
  const ratios = pairs.map(([before, after]) => before / after).toSorted((a, b) => a - b);
  const rank = intervalRank(ratios.length);
  return {
    beforeMs: median(pairs.map(([before]) => before)),
    afterMs: median(pairs.map(([, after]) => after)),
    speedup: median(ratios),
    low: rank === null ? null : ratios[rank]!,
    high: rank === null ? null : ratios[ratios.length - 1 - rank]!,
    pairs: pairs.length,
  };
}

/**
 * Rank, from either end of `count` sorted samples, of the ends of the 95 % interval of their median, free of any assumption about
 * their distribution: the largest k with P(Binomial(count, 1/2) <= k) <= 2.5 %. Null for too few samples.
 */
export function intervalRank(count: number): number | null {
  let probability = 2 ** -count;
  let tail = probability;
  let rank: number | null = null;
  for (let k = 0; k < count / 2 && tail <= 0.025; k++) {
    rank = k;
    probability *= (count - k) / (k + 1);
    tail += probability;
  }
  return rank;
}

/** Whether the interval leaves no doubt that the second model is faster (1) or slower (-1); 0 where it does not. */
export function speedupSign({ low, high }: Speedup): -1 | 0 | 1 {
  if (low !== null && low > 1) return 1;
  return high !== null && high < 1 ? -1 : 0;
}

/** A speed-up in words, with its interval and both times. */
export function describeSpeedup(speedup: Speedup): string {
  const { low, high, pairs } = speedup;
  const times = `${milliseconds(speedup.beforeMs)} before and ${milliseconds(speedup.afterMs)} after`;
  if (low === null || high === null)
    return `no difference in speed could be measured (${pairs} pairs of runs are too few), ${times}`;
  const interval = `${low.toFixed(2)}..${high.toFixed(2)}`;
  if (speedupSign(speedup) === 0)
    return `no difference in speed could be measured (95 % interval ${interval}), ${times}`;
  return `${speedup.speedup.toFixed(2)}x as fast on this machine (95 % interval ${interval}), ${times}`;
}

const milliseconds = (ms: number) => `${ms.toPrecision(3)} ms`;

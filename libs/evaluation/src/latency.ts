import { performance } from 'node:perf_hooks';
import type { HostTensors, Session } from '#inference';
import { percentile } from './percentile.js';

export interface LatencyOptions {
  /** Timed runs of each session. */
  runs: number;
  /** Runs of each session before the clock starts. */
  warmupRuns: number;
  /** Called after every round, with the share of rounds done. */
  onProgress?(fraction: number): void;
}

/** A session under test and what it is fed; run i takes feeds[i % feeds.length]. */
export interface LatencySubject {
  session: Pick<Session, 'run'>;
  feeds: readonly HostTensors[];
}

/**
 * Times single runs of several sessions, alternated: in every round each session runs once, so that a change of the machine's
 * speed meets all of them alike, in an order in which each follows each of the others equally often. Alternating also means
 * that a run finds the caches as another model left them, as it would on a device that does other work in between.
 * Returns the raw samples of each session in ms, warm-up left out.
 */
export async function measureLatency(
  subjects: readonly LatencySubject[],
  { runs, warmupRuns, onProgress }: LatencyOptions,
): Promise<number[][]> {
  const samples = subjects.map((): number[] => []);
  for (let round = 0; round < warmupRuns + runs; round++) {
    for (const index of roundOrder(round, subjects.length)) {
      const ms = await timeOnce(subjects[index]!, round);
      if (round >= warmupRuns) samples[index]!.push(ms);
    }
    onProgress?.((round + 1) / (warmupRuns + runs));
  }
  return samples;
}

/** Rows of a Williams design (Williams 1949): a Latin square balanced for what precedes each entry; two are simply alternated. */
export function roundOrder(round: number, count: number): number[] {
  if (count <= 2) return Array.from({ length: count }, (_, i) => i);
  const zigzag = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? i / 2 : count - (i + 1) / 2));
  const order = zigzag.map((index) => (index + round) % count);
  const mirrored = count % 2 === 1 && Math.floor(round / count) % 2 === 1;
  return mirrored ? order.toReversed() : order;
}

/** The figures that are reported of raw latencies. */
export function summarizeLatency(samplesMs: readonly number[]): {
  latencyMsP50: number;
  latencyMsP95: number;
  latencySamplesMs: number[];
} {
  return {
    latencyMsP50: percentile(samplesMs, 50),
    latencyMsP95: percentile(samplesMs, 95),
    latencySamplesMs: samplesMs.map(toMicroseconds),
  };
}

async function timeOnce({ session, feeds }: LatencySubject, run: number): Promise<number> {
  const feed = feeds[run % feeds.length]!;
  const start = performance.now();
  await session.run(feed);
  return performance.now() - start;
}

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

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
 * Times single runs of several sessions, alternated: round by round every session runs once, and each round starts with the
 * next one, so that a change of the machine's speed meets all of them alike. Alternating also means that a run finds the
 * caches as the others left them, as it would on a device that does other work in between. Returns the raw samples of
 * each session in ms, warm-up left out.
 */
export async function measureLatency(subjects: readonly LatencySubject[], { runs, warmupRuns, onProgress }: LatencyOptions): Promise<number[][]> {
  const samples = subjects.map((): number[] => []);
  for (let round = -warmupRuns; round < runs; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const index = (turn + warmupRuns + round) % subjects.length;
      const ms = await timeOnce(subjects[index]!, round + warmupRuns);
      if (round >= 0) samples[index]!.push(ms);
    }
    onProgress?.((round + warmupRuns + 1) / (runs + warmupRuns));
  }
  return samples;
}

/** The figures that are reported of raw latencies. */
export function summarizeLatency(samplesMs: readonly number[]): { latencyMsP50: number; latencyMsP95: number; latencySamplesMs: number[] } {
  return { latencyMsP50: percentile(samplesMs, 50), latencyMsP95: percentile(samplesMs, 95), latencySamplesMs: samplesMs.map(toMicroseconds) };
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

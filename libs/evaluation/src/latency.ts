import { performance } from 'node:perf_hooks';
import type { HostTensors, Session } from '#inference';
import { measure, summarize, type Measurement, type MeasureSettings, type Subject } from '#measurement';

export interface LatencyOptions {
  /** Timed runs of each session. */
  runs: number;
  /** Runs of each session before the clock starts, after the first one. */
  warmupRuns: number;
  /** Seconds that timing goes on at least. */
  minSeconds?: number;
  /** It ends before that once medians and ratios are known to within this share. */
  within?: number | null;
  /** Of the order in which the sessions take turns. */
  seed?: number;
  /** Called after every round, with the share of rounds done. */
  onProgress?(fraction: number): void;
}

/** A session under test and what it is fed; run i takes feeds[i % feeds.length]. */
export interface LatencySubject {
  session: Pick<Session, 'run'>;
  feeds: readonly HostTensors[];
}

/**
 * Times single runs of several sessions, alternated at random: in every block each session runs once, on the same
 * input, so that a change of the machine's speed meets all of them alike. Alternating also means that a run finds the
 * caches as another model left them, as it would on a device that does other work in between.
 */
export async function measureLatency(
  subjects: readonly LatencySubject[],
  options: LatencyOptions,
): Promise<Measurement> {
  const { runs, warmupRuns, minSeconds = 0, within = null, seed = 0, onProgress } = options;
  const settings: MeasureSettings = {
    minRuns: runs,
    minSeconds,
    within,
    maxSeconds: null,
    warmupRuns,
    ticks: 0,
    seed,
  };
  return measure(subjects.map(subjectOf), settings, performance, onProgress ? { onProgress } : {});
}

/** A session as something that is timed. */
export function subjectOf({ session, feeds }: LatencySubject): Subject {
  return { run: (index) => session.run(feeds[index % feeds.length] ?? {}) };
}

/** The figures that are reported of raw latencies; of these, so many at most are kept, spread over the measurement. */
export function summarizeLatency(samplesMs: readonly number[]): {
  latencyMsP50: number;
  latencyMsP95: number;
  latencySamplesMs: number[];
} {
  const { p50, p95 } = summarize(samplesMs);
  return { latencyMsP50: p50, latencyMsP95: p95, latencySamplesMs: thinned(samplesMs).map(toMicroseconds) };
}

/** Raw samples of a model that a report holds at most. */
const MOST_SAMPLES = 10_000;

function thinned(samplesMs: readonly number[]): readonly number[] {
  const step = Math.ceil(samplesMs.length / MOST_SAMPLES);
  return step <= 1 ? samplesMs : samplesMs.filter((_, i) => i % step === 0);
}

function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

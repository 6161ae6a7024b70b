import type { BenchmarkSettings } from '#contracts';
import { QUICK, type MeasureSettings } from './settings.js';

/** Samples that a result of a device may carry of one model, and of all. */
const MOST_OF_ONE = 10_000;
const MOST_OF_ALL = 24_000;
/** Half an hour of such samples is fewer than a measurement keeps. */
const SUSTAINED_SAMPLE_MS = 2;

/** The settings of a benchmark on a device as a measurement takes them. */
export function settingsOf(settings: BenchmarkSettings): MeasureSettings {
  const { quick, runs, seconds, within, warmupRuns, seed, sustainedSeconds } = settings;
  if (quick) return { ...QUICK, seed };
  const long = { minSeconds: sustainedSeconds ?? seconds, within: null, minSampleMs: SUSTAINED_SAMPLE_MS };
  return {
    minRuns: runs,
    minSeconds: seconds,
    within: within || null,
    maxSeconds: null,
    warmupRuns,
    ticks: 100,
    seed,
    ...(sustainedSeconds === undefined ? {} : long),
  };
}

/** Evenly spaced blocks, the same of all models, in tenths of a microsecond. */
export function thinned(samplesMs: readonly (readonly number[])[]): number[][] {
  const step = stepOf(samplesMs);
  return samplesMs.map((samples) => samples.filter((_, block) => block % step === 0).map(rounded));
}

/** When the blocks began that are sent, in seconds. */
export function thinnedStarts(atSeconds: readonly number[], samplesMs: readonly (readonly number[])[]): number[] {
  const step = stepOf(samplesMs);
  return atSeconds.filter((_, block) => block % step === 0).map((seconds) => Math.round(seconds * 1000) / 1000);
}

function stepOf(samplesMs: readonly (readonly number[])[]): number {
  const most = Math.min(MOST_OF_ONE, Math.floor(MOST_OF_ALL / samplesMs.length));
  return Math.ceil((samplesMs[0]?.length ?? 0) / most);
}

const rounded = (ms: number): number => Math.round(ms * 10_000) / 10_000;

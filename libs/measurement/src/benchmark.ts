import type { BenchmarkSettings } from '#contracts';
import { QUICK, type MeasureSettings } from './settings.js';

/** Samples that a result of a device may carry of one model, and of all. */
const MOST_OF_ONE = 10_000;
const MOST_OF_ALL = 30_000;

/** The settings of a benchmark on a device as a measurement takes them. */
export function settingsOf(settings: BenchmarkSettings): MeasureSettings {
  const { quick, runs, seconds, within, warmupRuns, seed } = settings;
  if (quick) return { ...QUICK, seed };
  return {
    minRuns: runs,
    minSeconds: seconds,
    within: within || null,
    maxSeconds: null,
    warmupRuns,
    ticks: 100,
    seed,
  };
}

/** Evenly spaced blocks, the same of all models, in tenths of a microsecond. */
export function thinned(samplesMs: readonly (readonly number[])[]): number[][] {
  const most = Math.min(MOST_OF_ONE, Math.floor(MOST_OF_ALL / samplesMs.length));
  const step = Math.ceil((samplesMs[0]?.length ?? 0) / most);
  return samplesMs.map((samples) => samples.filter((_, block) => block % step === 0).map(rounded));
}

const rounded = (ms: number): number => Math.round(ms * 10_000) / 10_000;

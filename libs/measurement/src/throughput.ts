import { QUICK, type MeasureSettings } from './settings.js';

/** Samples of all combinations and models together, of which a body has room. */
const MOST_OF_ALL = 5000;
/** Runs that do not count; the session is new, and its inputs have another size. */
const WARMUP_RUNS = 3;

/** How one combination of batch size and threads is timed: for so long, however well it is known by then. */
export const throughputSettings = (seconds: number, seed: number): MeasureSettings => ({
  ...QUICK,
  minSeconds: seconds,
  maxSeconds: seconds,
  minRuns: 1,
  warmupRuns: WARMUP_RUNS,
  seed,
});

/** Evenly spaced blocks of one combination, as many as there is room for beside the others. */
export function thinnedPoint(samplesMs: readonly (readonly number[])[], points: number): number[][] {
  const most = Math.max(1, Math.floor(MOST_OF_ALL / (points * samplesMs.length)));
  const step = Math.ceil((samplesMs[0]?.length ?? 0) / most);
  return samplesMs.map((samples) => samples.filter((_, block) => block % step === 0).map(rounded));
}

const rounded = (ms: number): number => Math.round(ms * 10_000) / 10_000;

import { performance } from 'node:perf_hooks';
import type { BenchmarkSettings } from '#contracts';
import { Session } from '#inference';
import { measure, QUICK, type MeasureSettings } from '#measurement';
import { makeInputs } from './inputs.js';
import type { Requests, Timing } from './messages.js';

/** Samples that a result may carry of one model, and of all. */
const MOST_OF_ONE = 10_000;
const MOST_OF_ALL = 30_000;
/** Different inputs that runs take in turn, so that no single one decides the figure. */
const FEEDS = 8;

/** Steady runs of all models, in blocks of random order. */
export async function time(
  { models, inputs, settings }: Requests['time'],
  onProgress: (fraction: number) => void,
): Promise<Timing> {
  const feeds = Array.from({ length: FEEDS }, (_, index) => makeInputs(inputs, settings.seed + index));
  const sessions: Session[] = [];
  try {
    for (const model of models) sessions.push(await Session.create(model, { threads: settings.threads }));
    const subjects = sessions.map((session) => ({ run: (index: number) => session.run(feeds[index % FEEDS] ?? {}) }));
    const measured = await measure(subjects, settingsOf(settings), performance, { onProgress });
    const { samplesMs, runsPerSample, seconds, stoppedBy, clockResolutionMs, isQuick } = measured;
    const blocks = samplesMs[0]?.length ?? 0;
    return {
      samplesMs: thinned(samplesMs),
      runsPerSample,
      blocks,
      seconds,
      stoppedBy,
      clockResolutionMs,
      quick: isQuick,
    };
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** As the library of measuring understands them. */
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

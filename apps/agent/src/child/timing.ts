import { performance } from 'node:perf_hooks';
import { Session } from '#inference';
import { measure, settingsOf, thinned } from '#measurement';
import { makeInputs } from './inputs.js';
import type { Requests, Timing } from './messages.js';

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

import { performance } from 'node:perf_hooks';
import { measure, settingsOf, thinned, thinnedStarts } from '#measurement';
import { feedsOf } from './inputs.js';
import type { Requests, ChildTiming } from './messages.js';
import { withSessions } from './sessions.js';

/** Steady runs of all models, in blocks of random order. */
export async function time(
  { models, settings, ...fed }: Requests['time'],
  onProgress: (fraction: number) => void,
): Promise<ChildTiming> {
  const feeds = feedsOf(fed, settings.seed);
  return withSessions(models, settings.threads, async (sessions) => {
    const feedAt = (index: number) => feeds[index % feeds.length] ?? {};
    const subjects = sessions.map((session) => ({ run: (index: number) => session.run(feedAt(index)) }));
    const measured = await measure(subjects, settingsOf(settings), performance, { onProgress });
    const { samplesMs, atSeconds, runsPerSample, seconds, stoppedBy, clockResolutionMs, isQuick } = measured;
    const blocks = samplesMs[0]?.length ?? 0;
    return {
      samplesMs: thinned(samplesMs),
      atSeconds: thinnedStarts(atSeconds, samplesMs),
      runsPerSample,
      blocks,
      seconds,
      stoppedBy,
      clockResolutionMs,
      quick: isQuick,
    };
  });
}

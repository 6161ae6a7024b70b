import { performance } from 'node:perf_hooks';
import { measure, throughputSettings } from '#measurement';
import { feedsOf } from './inputs.js';
import type { Requests } from './messages.js';
import { withSessions } from './sessions.js';

/** Times of a run of each model, in blocks of random order, at one combination of batch size and threads. */
export async function timeThroughput({ models, seconds, seed, threads, ...fed }: Requests['throughput']) {
  const feeds = feedsOf(fed, seed);
  return withSessions(models, threads, async (sessions) => {
    const subjects = sessions.map((session) => ({
      run: (index: number) => session.run(feeds[index % feeds.length] ?? {}),
    }));
    return (await measure(subjects, throughputSettings(seconds, seed), performance)).samplesMs;
  });
}

import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { randomOrder, seededRandom } from '#numbers';
import { feedsOf } from './inputs.js';
import type { Requests, WindowEdge } from './messages.js';
import { withSessions } from './sessions.js';

const MS = 1000;
/** Runs before the first window, so that none pays for what is done once. */
const WARMUP_RUNS = 3;

/** Says that a window begins, and returns once the agent has been told. */
export type TellEdge = (edge: Omit<WindowEdge, 'type'>) => Promise<void>;

/**
 * One window in which nothing is run, then as many rounds as windows are asked for: in each every model is run alone for
 * so long, in an order drawn anew.
 */
export async function runWindows({ models, windows, seconds, settings, ...fed }: Requests['windows'], tell: TellEdge) {
  const feeds = feedsOf(fed, settings.seed);
  const random = seededRandom(settings.seed);
  return withSessions(models, settings.threads, async (sessions) => {
    for (const session of sessions)
      for (let run = 0; run < WARMUP_RUNS; run++) await session.run(feeds[run % feeds.length] ?? {});
    await tell({ model: null, runs: 0 });
    await wait(seconds * MS);
    let runs = 0;
    for (let round = 0; round < windows; round++)
      for (const model of randomOrder(models.length, random)) {
        await tell({ model, runs });
        const end = performance.now() + seconds * MS;
        for (runs = 0; runs === 0 || performance.now() < end; runs++)
          await sessions[model]?.run(feeds[runs % feeds.length] ?? {});
      }
    await tell({ model: null, runs });
    return null;
  });
}

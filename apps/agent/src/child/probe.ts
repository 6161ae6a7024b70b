import { performance } from 'node:perf_hooks';
import type { NodeTiming } from '#contracts';
import { profileModel, Session, type HostTensors } from '#inference';
import { nodeTimings } from '#measurement';
import { feedsOf } from './inputs.js';
import type { ChildProbe, Requests } from './messages.js';
import { watchMemory } from './peak-memory.js';

const PROFILE_RUNS = 10;
const PROFILE_WARMUP = 2;
/** Runs after which memory has risen as far as it will. */
const MEMORY_RUNS = 3;

/** One model in a process of its own: its loads, its first run, what memory it takes and where its time goes. */
export async function probe({ model, models, settings, ...fed }: Requests['probe']): Promise<ChildProbe> {
  const { threads } = settings;
  const [feeds = {}] = feedsOf(fed, settings.seed, 1);
  const peakRss = watchMemory();
  const cold = await timed(() => Session.create(model, { threads }));
  const first = await timed(() => cold.value.run(feeds));
  for (let run = 0; run < MEMORY_RUNS; run++) await cold.value.run(feeds);
  const peakRssBytes = peakRss();
  const warm = await timed(() => Session.create(model, { threads }));
  await Promise.all([cold.value.release(), warm.value.release()]);
  const nodes = settings.profile ? await nodesOf(model, feeds, threads, models) : null;
  return { coldLoadMs: cold.ms, warmLoadMs: warm.ms, firstRunMs: first.ms, peakRssBytes, nodes };
}

async function nodesOf(model: string, feeds: HostTensors, threads: number, models: number): Promise<NodeTiming[]> {
  const nodes = await profileModel(model, feeds, { runs: PROFILE_RUNS, warmup: PROFILE_WARMUP, threads });
  return nodeTimings(nodes, models);
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

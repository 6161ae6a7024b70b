import { performance } from 'node:perf_hooks';
import type { NodeTiming } from '#contracts';
import { profileModel, Session, type HostTensors } from '#inference';
import { makeInputs } from './inputs.js';
import type { Probe, Requests } from './messages.js';
import { watchMemory } from './peak-memory.js';

const PROFILE_RUNS = 10;
const PROFILE_WARMUP = 2;
/** Runs after which memory has risen as far as it will. */
const MEMORY_RUNS = 3;
const LONGEST_NAME = 500;
const LONGEST_TYPE = 100;

/** One model in a process of its own: its loads, its first run, what memory it takes and where its time goes. */
export async function probe({ model, inputs, settings }: Requests['probe']): Promise<Probe> {
  const { threads } = settings;
  const feeds = makeInputs(inputs, settings.seed);
  const peakRss = watchMemory();
  const cold = await timed(() => Session.create(model, { threads }));
  const first = await timed(() => cold.value.run(feeds));
  for (let run = 0; run < MEMORY_RUNS; run++) await cold.value.run(feeds);
  const peakRssBytes = peakRss();
  const warm = await timed(() => Session.create(model, { threads }));
  await Promise.all([cold.value.release(), warm.value.release()]);
  const nodes = settings.profile ? await nodesOf(model, feeds, threads) : null;
  return { coldLoadMs: cold.ms, warmLoadMs: warm.ms, firstRunMs: first.ms, peakRssBytes, nodes };
}

async function nodesOf(model: string, feeds: HostTensors, threads: number): Promise<NodeTiming[]> {
  const nodes = await profileModel(model, feeds, { runs: PROFILE_RUNS, warmup: PROFILE_WARMUP, threads });
  return nodes
    .toSorted((a, b) => b.share - a.share)
    .map(({ name, opType, provider, meanUs, share }) => ({
      name: name.slice(0, LONGEST_NAME),
      opType: opType.slice(0, LONGEST_TYPE),
      provider,
      meanUs,
      share: Math.min(1, share),
    }));
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

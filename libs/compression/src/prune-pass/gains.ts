import { measureLatency, percentile } from '#evaluation';
import { Session } from '#inference';
import { readModel } from '#onnx';
import { UnobservableModelError } from '../prune/errors.js';
import { observeShapes } from '../prune/observe-shapes.js';

/** Size and speed of a model before and after, both measured. */
export interface Gains {
  /** Of the model files as they are written. */
  bytes: { before: number; after: number };
  /** Medians of alternated runs on this machine, on one generated input; null where the model runs on none. */
  latencyMs: { before: number; after: number } | null;
}

const RUNS = 15;
const WARMUP_RUNS = 3;

/** Measures what became of a model. Both run on the same input and with the same number of threads. */
export async function measureGains(before: Uint8Array, after: Uint8Array, threads: number): Promise<Gains> {
  return { bytes: { before: before.length, after: after.length }, latencyMs: await latencies(before, after, threads) };
}

async function latencies(before: Uint8Array, after: Uint8Array, threads: number): Promise<Gains['latencyMs']> {
  const feeds = await feedsFor(before);
  if (!feeds) return null;
  const first = await Session.create(before, { threads });
  const second = await Session.create(after, { threads });
  const [old, current] = await measureLatency([{ session: first, feeds }, { session: second, feeds }], { runs: RUNS, warmupRuns: WARMUP_RUNS });
  await first.release();
  await second.release();
  return { before: percentile(old!, 50), after: percentile(current!, 50) };
}

async function feedsFor(bytes: Uint8Array) {
  try {
    return [(await observeShapes(readModel(bytes))).feeds];
  } catch (error) {
    if (error instanceof UnobservableModelError) return null;
    throw error;
  }
}

import { measureSpeedup, type Speedup } from '#evaluation';
import { Session } from '#inference';
import { readModel } from '#onnx';
import { UnobservableModelError } from '../../rewrites/errors.js';
import { observeGraph } from '../../rewrites/observe-graph.js';

/** Size and speed of a model before and after, both measured. */
export interface Gains {
  /** Of the model files as they are written. */
  bytes: { before: number; after: number };
  /** Of pairs of runs on this machine, on one generated input; null where the model runs on none. */
  speed: Speedup | null;
}

/**
 * Measures what became of a model. Both run on the same input and on one thread, as `quantize` and, unless told
 * otherwise, `evaluate` measure: their figures speak of the same.
 */
export async function measureGains(
  before: Uint8Array,
  after: Uint8Array,
  onProgress: (fraction: number) => void = () => undefined,
): Promise<Gains> {
  return { bytes: { before: before.length, after: after.length }, speed: await speedOf(before, after, onProgress) };
}

async function speedOf(
  before: Uint8Array,
  after: Uint8Array,
  onProgress: (fraction: number) => void,
): Promise<Speedup | null> {
  const feeds = await feedsFor(before);
  if (!feeds) return null;
  const sessions = [await Session.create(before), await Session.create(after)] as const;
  try {
    return await measureSpeedup({ session: sessions[0], feeds }, { session: sessions[1], feeds }, { onProgress });
  } finally {
    for (const session of sessions) await session.release();
  }
}

async function feedsFor(bytes: Uint8Array) {
  try {
    return [(await observeGraph(readModel(bytes))).feeds];
  } catch (error) {
    if (error instanceof UnobservableModelError) return null;
    throw error;
  }
}

import type { NodeTiming } from '#contracts';
import { kernelsOf, nodeProfiles, nodeTimings } from '#measurement';
import { printedDuring } from './console-trace.js';
import type { BrowserFeed } from './feeds.js';
import { providers, type Ort } from './runtime.js';

const RUNS = 10;
const WARMUP_RUNS = 2;

/**
 * Where the time of one of so many models goes, node by node, and which execution provider ran each; null where this
 * browser's runtime tells nothing.
 */
export async function profileSession(
  ort: Ort,
  bytes: Uint8Array,
  feed: BrowserFeed,
  models: number,
): Promise<NodeTiming[] | null> {
  const options = { executionProviders: await providers(), enableProfiling: true };
  const session = await ort.InferenceSession.create(bytes, options);
  try {
    for (let run = 0; run < RUNS + WARMUP_RUNS; run++) await session.run(feed);
    const trace = await printedDuring(async () => session.endProfiling());
    const kernels = kernelsOf(trace);
    return kernels.length === 0 ? null : nodeTimings(nodeProfiles(kernels, RUNS), models);
  } finally {
    await session.release();
  }
}

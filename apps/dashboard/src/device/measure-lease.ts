import type { Client } from '#client';
import type { BenchmarkSamples, Lease, LeasedPoint, ThroughputSamples } from '#contracts';
import { thinnedPoint } from '#measurement';
import { wholeOf } from '../api/download.js';
import { checkedBytes } from './checked-bytes.js';
import { browserCondition } from './condition.js';
import { inWorker, ModelFault } from './in-worker.js';
import type { KeptFiles } from './kept-files.js';
import type { LoggedPatience } from './logged-patience.js';
import type { Downloaded, BrowserFed, BrowserMeasurement } from './messages.js';

const LONGEST_REASON = 300;

interface BrowserHooks {
  /** Null where the browser keeps none. */
  kept: KeptFiles | null;
  patience: LoggedPatience;
  signal: AbortSignal;
  onProgress(fraction: number): void;
}

/** Measures what a lease asks for, in workers of this page. Throws ModelFault, and the reason of the signal. */
export async function measureInBrowser(client: Client, lease: Lease, hooks: BrowserHooks): Promise<BenchmarkSamples> {
  const { inputs, settings, throughput } = lease;
  const { models, stored } = await downloads(client, lease, hooks);
  const before = await browserCondition();
  const found = await inWorker<BrowserMeasurement>({ kind: 'measure', models, inputs, stored, settings }, hooks);
  const points: ThroughputSamples[] = [];
  for (const point of throughput ?? [])
    points.push(await atPoint(point, { models, stored, count: throughput?.length ?? 1, settings }, hooks.signal));
  return {
    ...found,
    ...(throughput ? { throughput: points } : {}),
    // Browsers tell nothing of energy.
    ...(settings.energy ? { energy: null } : {}),
    inputs: stored ? 'data' : 'synthetic',
    before,
    after: await browserCondition(),
  };
}

async function downloads(client: Client, { id, fence, models, data }: Lease, { kept, patience, signal }: BrowserHooks) {
  const bytesOf = async (digest: string) => {
    const known = await kept?.get(digest).catch(() => null);
    if (known) return known;
    const file = await patience.whole(() => wholeOf(client.leasedModel({ id, digest, fence }, { signal })), { signal });
    const bytes = await checkedBytes(new Uint8Array(await file.arrayBuffer()), digest);
    // Without room for it, it is downloaded again the next time.
    await kept?.keep(digest, bytes).catch(() => undefined);
    return bytes;
  };
  const files: Downloaded[] = [];
  for (const { digest } of models) files.push({ digest, bytes: await bytesOf(digest) });
  return { models: files, stored: data ? { bytes: await bytesOf(data.digest), rows: data.inputs } : null };
}

interface PointWork extends Pick<BrowserFed, 'stored'> {
  models: Downloaded[];
  /** Combinations that share the room of a result. */
  count: number;
  settings: Lease['settings'];
}

/** One combination of batch size and threads; why where it cannot be measured. */
async function atPoint(
  { batch, threads, inputs }: LeasedPoint,
  { models, stored, count, settings }: PointWork,
  signal: AbortSignal,
): Promise<ThroughputSamples> {
  const missed = (reason: string) => ({ batch, threads, samplesMs: [], reason: reason.slice(0, LONGEST_REASON) });
  if (threads > 1 && !crossOriginIsolated)
    return missed('the page has one thread: open it over HTTPS, or on the machine of the server');
  const [seconds, seed] = [settings.throughput?.seconds ?? 1, settings.seed];
  const request = { kind: 'throughput' as const, models, inputs, stored, threads, seconds, seed };
  try {
    const samplesMs = await inWorker<number[][]>(request, { signal });
    return { batch, threads, samplesMs: thinnedPoint(samplesMs, count), reason: null };
  } catch (error) {
    if (error instanceof ModelFault) return missed(error.message || 'the runtime failed');
    throw error;
  }
}

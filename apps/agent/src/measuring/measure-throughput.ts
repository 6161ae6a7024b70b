import type { LeasedPoint, ThroughputSamples } from '#contracts';
import { thinnedPoint } from '#measurement';
import { MeasuringError } from '../errors.js';
import type { StoredInputs } from '../child/messages.js';
import { runChild } from './run-child.js';

const LONGEST_REASON = 300;

interface ThroughputRequest {
  models: string[];
  stored: StoredInputs | null;
  seconds: number;
  seed: number;
}

/**
 * Times of all models at each combination, each in a process of its own. One that cannot be measured, as a batch that
 * the memory has no room for, says why and leaves the others. Throws the reason of the signal.
 */
export async function measureThroughput(
  points: readonly LeasedPoint[],
  request: ThroughputRequest,
  { signal, onPoint }: { signal: AbortSignal; onPoint(index: number): void },
): Promise<ThroughputSamples[]> {
  const found: ThroughputSamples[] = [];
  for (const [index, { batch, threads, inputs }] of points.entries()) {
    onPoint(index);
    const ask = { kind: 'throughput' as const, ...request, threads, inputs };
    const timed = await runChild<'throughput'>(ask, { signal }).catch(reasonOf);
    const samplesMs = typeof timed === 'string' ? [] : thinnedPoint(timed, points.length);
    found.push({ batch, threads, samplesMs, reason: typeof timed === 'string' ? timed : null });
  }
  return found;
}

/** Why the process could not; what else is thrown goes on. */
function reasonOf(error: unknown): string {
  if (error instanceof MeasuringError) return error.message.slice(0, LONGEST_REASON);
  throw error;
}

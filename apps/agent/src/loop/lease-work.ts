import { patiently, type Client } from '#client';
import type { AgentWelcome, BenchmarkSamples, Lease, LeaseFailure } from '#contracts';
import type { ModelCache } from '../cache/model-cache.js';
import { AgentError, MeasuringError } from '../errors.js';
import { measureLease } from '../measuring/measure-lease.js';
import { runChild } from '../measuring/run-child.js';
import { fetchFile, type LeasedFile } from './download.js';
import { HeldLease, isRefusal, patienceOf } from './held-lease.js';

export interface LeaseParts {
  client: Client;
  cache: ModelCache;
  times: Pick<AgentWelcome, 'heartbeatMs' | 'lostAfterMs'>;
  log(line: string): void;
}

/**
 * Does what a lease asks for and sends what came of it, unless the lease is lost on the way. Throws the reason of
 * `stopping`.
 */
export async function workOn(lease: Lease, parts: LeaseParts, stopping: AbortSignal): Promise<void> {
  const { client, cache, times, log } = parts;
  const held = new HeldLease(client, lease, times);
  const signal = AbortSignal.any([held.signal, stopping]);
  log(`measures ${lease.models.length} models for ${lease.job}`);
  try {
    const result = await measured(lease, parts, held, signal);
    const body = { fence: lease.fence, result };
    await deliver(() => client.sendLeaseResult({ id: lease.id, body }), signal);
    log(`has sent the result for ${lease.job}`);
  } catch (error) {
    stopping.throwIfAborted();
    if (held.signal.aborted || isRefusal(error))
      return log(messageOf(held.signal.aborted ? held.signal.reason : error));
    const body = { fence: lease.fence, ...(await failureOf(error)) };
    log(`failed: ${body.message}`);
    const sent = deliver(() => client.sendLeaseFailure({ id: lease.id, body }), signal);
    await sent.catch((late: unknown) => log(messageOf(late)));
  } finally {
    held.end();
    await cache.sweep([...lease.models, ...(lease.data ? [lease.data] : [])].map(({ digest }) => digest));
  }
}

async function measured(
  lease: Lease,
  parts: LeaseParts,
  held: HeldLease,
  signal: AbortSignal,
): Promise<BenchmarkSamples> {
  const fetchOne = (file: LeasedFile, what: string) => {
    held.tell(0, `downloads ${what}`);
    return fetchFile(lease, file, parts, signal);
  };
  const models: string[] = [];
  for (const model of lease.models) models.push(await fetchOne(model, model.label));
  const { data } = lease;
  const stored = data ? { path: await fetchOne(data, 'samples of the data set'), rows: data.inputs } : null;
  const onProgress = (progress: number, message: string) => held.tell(progress, message);
  return measureLease(lease, { models, stored }, { signal, onProgress });
}

/** Goes on until the server answers, while the lease lasts: a result must not be lost to a server that restarts. */
const deliver = (send: () => Promise<unknown>, signal: AbortSignal) => patiently(send, patienceOf(signal));

async function failureOf(error: unknown): Promise<Omit<LeaseFailure, 'fence'>> {
  const code = error instanceof AgentError ? error.code : 'unexpected';
  const permanent = error instanceof MeasuringError && error.permanent;
  return { code, message: messageOf(error).slice(0, 2000) || 'failed', permanent, health: await health() };
}

/** Whether a model that runs everywhere runs here now. */
async function health(): Promise<LeaseFailure['health']> {
  try {
    await runChild<'health'>({ kind: 'health' });
    return { ok: true, message: 'the model of the health check runs' };
  } catch (error) {
    return { ok: false, message: messageOf(error).slice(0, 500) };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

import { createClient, isPassing, newId, ProblemError, type Client } from '#client';
import { PROTOCOL, type AgentWelcome, type DeviceFingerprint, type Lease, type LeaseFailure } from '#contracts';
import { browserCondition } from './condition.js';
import { inWorker, ModelFault } from './in-worker.js';
import { KeptFiles, MOST_KEPT_BYTES } from './kept-files.js';
import { measureInBrowser } from './measure-lease.js';
import { loggedPatience, type LoggedPatience } from './logged-patience.js';
import type { About } from './messages.js';

const VERSION = 'page';

export interface Joining {
  code: string;
  name: string;
  tags: string[];
  log(line: string): void;
}

/** Enrols this browser and works on leases for as long as the page is open. Throws what the server refuses. */
export async function join({ code, name, tags, log }: Joining): Promise<never> {
  const fingerprint = await readFingerprint();
  const body = { code, protocol: PROTOCOL, version: VERSION, name, tags, fingerprint };
  const { key } = await createClient({ url: '', apiKey: () => null }).enrolDevice({ body });
  const client = createClient({ url: '', apiKey: key });
  const instance = newId();
  const hello = { protocol: PROTOCOL, version: VERSION, instance, fingerprint, condition: await browserCondition() };
  const patience = loggedPatience(log);
  const welcome = await patience.whole(() => client.greetServer({ body: hello }));
  addEventListener('pagehide', () => leave(key));
  const kept = await KeptFiles.open();
  log(keeps(kept));
  log(`is ${welcome.name}: ${fingerprint.cpu}, ${fingerprint.providers.join(' and ')}`);
  for (;;) {
    const lease = await patience.whole(() => poll(client, instance, welcome));
    if (lease) await work(lease, { client, kept, patience, log, heartbeatMs: welcome.heartbeatMs });
  }
}

/** Sent although the page goes: a request that may outlive it. */
function leave(key: string): void {
  const headers = { authorization: `Bearer ${key}` };
  void fetch('/v1/agent/leave', { method: 'POST', keepalive: true, headers }).catch(() => undefined);
}

/** A lease; undefined where there was no work. */
async function poll(client: Client, instance: string, { pollMs }: AgentWelcome): Promise<Lease | undefined> {
  const body = { instance, waitMs: pollMs, condition: await browserCondition() };
  return (await client.askForLease({ body })).lease ?? undefined;
}

const keeps = (kept: KeptFiles | null): string =>
  kept
    ? `keeps models in this browser, up to ${MOST_KEPT_BYTES / 1024 ** 2} MiB`
    : 'keeps no models: this browser gives the page no room, so that each benchmark downloads them';

interface Worked {
  client: Client;
  kept: KeptFiles | null;
  patience: LoggedPatience;
  heartbeatMs: number;
  log(line: string): void;
}

async function work(lease: Lease, { client, kept, patience, heartbeatMs, log }: Worked) {
  const { id, fence } = lease;
  const gone = new AbortController();
  let progress = 0;
  const heartbeat = async () => {
    const condition = await browserCondition();
    await client.heartbeat({ id, body: { fence, progress, message: '', condition } });
  };
  const beat = setInterval(() => {
    heartbeat().catch((error: unknown) => {
      if (error instanceof ProblemError && !isPassing(error)) gone.abort(error);
    });
  }, heartbeatMs);
  log(`measures ${lease.models.length} models for ${lease.job}`);
  try {
    const onProgress = (fraction: number) => (progress = fraction);
    const { signal } = gone;
    const result = await measureInBrowser(client, lease, { signal, onProgress, kept, patience });
    await patience.whole(() => client.sendLeaseResult({ id, body: { fence, result } }, { signal }), { signal });
    log(`has sent the result for ${lease.job}`);
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 2000) || 'failed';
    log(message);
    if (gone.signal.aborted || error instanceof ProblemError) return;
    const permanent = error instanceof ModelFault;
    const body = { fence, code: 'browser', message, permanent, health: await checkHealth() };
    await patience.whole(() => client.sendLeaseFailure({ id, body })).catch(() => undefined);
  } finally {
    clearInterval(beat);
  }
}

/** Whether a model that runs everywhere runs here now. */
async function checkHealth(): Promise<LeaseFailure['health']> {
  try {
    const fault = await inWorker<string | null>({ kind: 'health' });
    return { ok: fault === null, message: fault ?? 'the model of the health check runs' };
  } catch (error) {
    return { ok: false, message: (error instanceof Error ? error.message : String(error)).slice(0, 500) };
  }
}

async function readFingerprint(): Promise<DeviceFingerprint> {
  const { runtime, providers } = await inWorker<About>({ kind: 'about' });
  const { userAgent, hardwareConcurrency } = navigator;
  const memoryGb = (navigator as { deviceMemory?: number }).deviceMemory;
  return {
    kind: 'browser',
    cpu: (/\(([^)]+)\)/.exec(userAgent)?.[1] ?? 'unknown').slice(0, 200),
    isa: crossOriginIsolated ? ['wasm-simd', 'wasm-threads'] : ['wasm-simd'],
    cores: hardwareConcurrency || 1,
    memoryMb: memoryGb === undefined ? null : memoryGb * 1024,
    governor: null,
    maxFrequencyMhz: null,
    os: (/(Chrome|Firefox|Version)\/\d+/.exec(userAgent)?.[0] ?? 'unknown browser').slice(0, 200),
    arch: 'wasm32',
    runtime,
    providers,
  };
}

import { createClient, newId, ProblemError, type Client } from '#client';
import {
  PROTOCOL,
  type AgentWelcome,
  type BenchmarkSamples,
  type DeviceCondition,
  type DeviceFingerprint,
  type Lease,
} from '#contracts';
import { inWorker } from './in-worker.js';
import type { About, Measured } from './messages.js';

const VERSION = 'page';
const PAUSE_MS = 3000;
/** A browser tells nothing of the machine's state. */
const CONDITION: DeviceCondition = { temperatureC: null, frequencyMhz: null, load: null, onBattery: null };

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
  const hello = { protocol: PROTOCOL, version: VERSION, instance, fingerprint, condition: CONDITION };
  const welcome = await client.greetServer({ body: hello });
  addEventListener('pagehide', () => leave(key));
  log(`is ${welcome.name}: ${fingerprint.cpu}, ${fingerprint.providers.join(' and ')}`);
  for (;;) {
    const lease = await poll(client, instance, welcome).catch((error: unknown) => {
      if (error instanceof ProblemError && error.problem.status < 500) throw error;
      return null;
    });
    if (lease) await work(client, lease, welcome, log);
    else if (lease === null) await pause(PAUSE_MS);
  }
}

/** Sent although the page goes: a request that may outlive it. */
function leave(key: string): void {
  const headers = { authorization: `Bearer ${key}` };
  void fetch('/v1/agent/leave', { method: 'POST', keepalive: true, headers }).catch(() => undefined);
}

/** A lease; undefined where there was no work, null where no answer came. */
async function poll(client: Client, instance: string, { pollMs }: AgentWelcome): Promise<Lease | undefined> {
  const body = { instance, waitMs: pollMs, condition: CONDITION };
  return (await client.askForLease({ body })).lease ?? undefined;
}

async function work(client: Client, lease: Lease, { heartbeatMs }: AgentWelcome, log: (line: string) => void) {
  const { id, fence } = lease;
  const gone = new AbortController();
  let progress = 0;
  const beat = setInterval(() => {
    const body = { fence, progress, message: '', condition: CONDITION };
    client.heartbeat({ id, body }).catch((error: unknown) => {
      if (error instanceof ProblemError && error.problem.status < 500) gone.abort(error);
    });
  }, heartbeatMs);
  log(`measures ${lease.models.length} models for ${lease.job}`);
  try {
    const result = await measured(client, lease, gone.signal, (fraction) => (progress = fraction));
    await client.sendLeaseResult({ id, body: { fence, result } });
    log(`has sent the result for ${lease.job}`);
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 2000) || 'failed';
    log(message);
    if (gone.signal.aborted || error instanceof ProblemError) return;
    const health = { ok: true, message: 'a page has no health check of its own' };
    const body = { fence, code: 'browser', message, permanent: true, health };
    await client.sendLeaseFailure({ id, body }).catch(() => undefined);
  } finally {
    clearInterval(beat);
  }
}

async function measured(
  client: Client,
  { id, fence, models, inputs, settings }: Lease,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<BenchmarkSamples> {
  // The server holds the bytes against their digest as it sends them; browsers have digests on pages over HTTPS alone.
  const files: { digest: string; bytes: Uint8Array }[] = [];
  for (const { digest } of models) {
    const body = await client.leasedModel({ id, digest, fence }, { signal });
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    files.push({ digest, bytes });
  }
  const request = { kind: 'measure' as const, models: files, inputs, settings };
  const found = await inWorker<Measured>(request, { signal, onProgress });
  return { ...found, before: CONDITION, after: CONDITION };
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

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

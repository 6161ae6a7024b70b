import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient, type Client } from '#client';
import { PROTOCOL, UNREAD_CONDITION, type BenchmarkSamples, type DeviceFingerprint, type Lease } from '#contracts';

/** How long an agent lets the server wait for work before it asks anew. */
export const POLL_MS = 20_000;

/** What may happen to an agent while it holds a lease. */
export type Fault = 'kill' | 'pause' | 'partition';

export interface FleetPlan {
  heartbeatMs: number;
  lostAfterMs: number;
  /** How long a benchmark takes, ms. */
  workMs(): number;
  /** What happens to the next lease; null for nothing. */
  fault(): Fault | null;
  /** Told of each result that the server took, by benchmark and fencing number. */
  onTaken(benchmark: string, fence: number): void;
  onLease(benchmark: string): void;
}

/** An agent that speaks the protocol and measures nothing. */
export class FakeAgent {
  private instance = randomUUID();

  private constructor(
    readonly name: string,
    private readonly client: Client,
    private readonly fingerprint: DeviceFingerprint,
    private readonly plan: FleetPlan,
  ) {}

  static async enrol(url: string, code: string, name: string, tags: string[], plan: FleetPlan): Promise<FakeAgent> {
    const fingerprint = fingerprintOf(name);
    const body = { code, protocol: PROTOCOL, version: 'fake', name, tags, fingerprint };
    const { key } = await createClient({ url, apiKey: () => null }).enrolDevice({ body });
    return new FakeAgent(name, createClient({ url, apiKey: key }), fingerprint, plan);
  }

  /** Says hello and works until the signal aborts. */
  async run(stopping: AbortSignal): Promise<void> {
    await this.hello();
    while (!stopping.aborted) {
      const body = { instance: this.instance, waitMs: POLL_MS, condition: UNREAD_CONDITION };
      const answer = await this.client.askForLease({ body }, { signal: stopping }).catch(() => null);
      if (stopping.aborted) return;
      if (answer?.lease) await this.work(answer.lease);
      else if (!answer) await wait(50);
    }
  }

  private async hello(): Promise<void> {
    const { instance, fingerprint } = this;
    const body = { protocol: PROTOCOL, version: 'fake', instance, fingerprint, condition: UNREAD_CONDITION };
    await this.client.greetServer({ body });
  }

  private async work(lease: Lease): Promise<void> {
    this.plan.onLease(lease.id);
    const fault = this.plan.fault();
    await this.beatFor(lease, this.plan.workMs() / (fault === null ? 1 : 2));
    if (fault === 'kill') return this.startAnew();
    // Paused or cut off for longer than the server waits, it goes on as if nothing had happened.
    if (fault !== null) await wait(this.plan.lostAfterMs * (1 + Math.random()));
    await this.send(lease);
    // A partition may take the answer only: the same is sent again.
    if (fault === 'partition') await this.send(lease);
  }

  private async startAnew(): Promise<void> {
    this.instance = randomUUID();
    await wait(this.plan.workMs());
    await this.hello();
  }

  private async beatFor({ id, fence }: Lease, ms: number): Promise<void> {
    const { heartbeatMs } = this.plan;
    for (let left = ms; left > 0; left -= heartbeatMs) {
      await wait(Math.min(left, heartbeatMs));
      const body = { fence, progress: 0.5, message: '', condition: UNREAD_CONDITION };
      await this.client.heartbeat({ id, body }).catch(() => undefined);
    }
  }

  private async send(lease: Lease): Promise<void> {
    const { id, fence } = lease;
    const isTaken = await this.client.sendLeaseResult({ id, body: { fence, result: samplesOf(lease) } }).then(
      () => true,
      () => false,
    );
    if (isTaken) this.plan.onTaken(id, fence);
  }
}

/** A processor of its own, so that no result is known from another. */
function fingerprintOf(cpu: string): DeviceFingerprint {
  return {
    kind: 'native',
    cpu,
    isa: [],
    cores: 1,
    memoryMb: null,
    governor: null,
    maxFrequencyMhz: null,
    os: 'none',
    arch: 'none',
    runtime: 'none',
    providers: ['none'],
  };
}

function samplesOf({ models }: Lease): BenchmarkSamples {
  const own = { coldLoadMs: 1, warmLoadMs: 1, firstRunMs: 1, runsPerSample: 1, peakRssBytes: null, nodes: null };
  return {
    models: models.map(({ digest }) => ({ digest, ...own, samplesMs: [1, 1, 1, 1, 1, 1, 1, 1] })),
    ...{ blocks: 8, seconds: 0.008, stoppedBy: 'limits', quick: true, clockResolutionMs: 0.001 },
    before: UNREAD_CONDITION,
    after: UNREAD_CONDITION,
    notes: [],
  };
}

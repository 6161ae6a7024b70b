import { randomUUID } from 'node:crypto';
import {
  UNREAD_CONDITION,
  type BenchmarkSamples,
  type DeviceCondition,
  type DeviceFingerprint,
  type EnrolledDevice,
  type Lease,
  type LeaseAnswer,
} from '#contracts';
import type { Answer, ApiHarness } from '../api-harness.js';

export const FINGERPRINT: DeviceFingerprint = {
  kind: 'native',
  cpu: 'a processor',
  isa: ['asimd'],
  cores: 4,
  memoryMb: 1024,
  governor: null,
  maxFrequencyMhz: null,
  os: 'linux 6.1',
  arch: 'arm64',
  runtime: 'by hand 1',
  providers: ['cpu'],
};

/** A device whose every message a test sends by hand. */
export class HandDevice {
  instance = randomUUID();

  private constructor(
    private readonly api: ApiHarness,
    readonly id: string,
    readonly name: string,
    readonly key: string,
  ) {}

  static async enrol(
    api: ApiHarness,
    name: string,
    options: { tags?: string[]; fingerprint?: DeviceFingerprint } = {},
  ): Promise<HandDevice> {
    const { tags = [], fingerprint = FINGERPRINT } = options;
    const { code } = (await api.call<{ code: string }>('POST', '/v1/devices/codes', { json: {} })).body;
    const json = { code, protocol: 1, version: '1', name, tags, fingerprint };
    const { body } = await api.call<EnrolledDevice>('POST', '/v1/agent/enrol', { json, key: null });
    const device = new HandDevice(api, body.id, body.name, body.key);
    await device.hello(fingerprint);
    return device;
  }

  /** As if its agent had been started anew. */
  async restart(): Promise<void> {
    this.instance = randomUUID();
    await this.hello();
  }

  hello(fingerprint = FINGERPRINT): Promise<Answer<unknown>> {
    const json = { protocol: 1, version: '1', instance: this.instance, fingerprint, condition: UNREAD_CONDITION };
    return this.say('hello', json);
  }

  poll(waitMs = 0, condition: DeviceCondition = UNREAD_CONDITION): Promise<Answer<LeaseAnswer>> {
    return this.say('lease', { instance: this.instance, waitMs, condition });
  }

  /** The lease that must be there, or come within so many polls. */
  async take(polls = 1): Promise<Lease> {
    for (let poll = 0; poll < polls; poll++) {
      const { lease } = (await this.poll(polls === 1 ? 0 : 1000)).body;
      if (lease) return lease;
    }
    throw new Error(`${this.name} got no lease`);
  }

  heartbeat({ id, fence }: Lease): Promise<Answer<unknown>> {
    return this.say(`leases/${id}/heartbeat`, { fence, progress: 0.5, message: 'at it', condition: UNREAD_CONDITION });
  }

  result(
    lease: Lease,
    samples: readonly (readonly number[])[] = [],
    more: Partial<BenchmarkSamples> = {},
  ): Promise<Answer<unknown>> {
    const result = { ...samplesOf(lease, samples), ...more };
    return this.say(`leases/${lease.id}/result`, { fence: lease.fence, result });
  }

  failure({ id, fence }: Lease, given: { permanent?: boolean; ok?: boolean } = {}): Promise<Answer<unknown>> {
    const { permanent = false, ok = true } = given;
    const health = { ok, message: ok ? 'well' : 'the small model fails, too' };
    return this.say(`leases/${id}/failure`, { fence, code: 'broken', message: 'it broke', permanent, health });
  }

  say<T>(path: string, json: unknown): Promise<Answer<T>> {
    return this.api.call<T>('POST', `/v1/agent/${path}`, { json, key: this.key });
  }
}

/** Times of each model of a lease: those given, else twelve of 2 ms. */
export function samplesOf({ models }: Lease, samples: readonly (readonly number[])[]): BenchmarkSamples {
  return {
    models: models.map(({ digest }, index) => ({
      digest,
      coldLoadMs: 10,
      warmLoadMs: 5,
      firstRunMs: 3,
      samplesMs: [...(samples[index] ?? Array.from({ length: 12 }, () => 2))],
      runsPerSample: 1,
      peakRssBytes: null,
      nodes: null,
    })),
    blocks: 12,
    seconds: 1,
    stoppedBy: 'limits',
    quick: true,
    clockResolutionMs: 0.001,
    before: UNREAD_CONDITION,
    after: UNREAD_CONDITION,
    notes: [],
  };
}

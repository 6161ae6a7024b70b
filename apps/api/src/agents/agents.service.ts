import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  PROTOCOL,
  type AgentHello,
  type AgentWelcome,
  type Config,
  type EnrolDevice,
  type EnrolledDevice,
  type LeaseAnswer,
  type LeaseRequest,
} from '#contracts';
import {
  BenchmarkRepository,
  DeviceRepository,
  LeaseRepository,
  type BenchmarkRow,
  type ClaimOptions,
  type DeviceRow,
} from '#database';
import { benchmarkKey } from '#pipeline';
import { DevicesService } from '../devices/devices.service.js';
import { CONFIG } from '#infrastructure';
import { ApiError } from '../problems/api-error.js';
import { AgentPackage } from './agent-package.js';
import { JobWaker } from './job-waker.js';
import { LeasedFiles } from './leased-files.js';

/** A poll ends before its device would be taken for lost. */
const LONGEST_WAIT_MS = 20_000;

/** How devices come, say hello and ask for work. */
@Injectable()
export class AgentsService {
  private readonly pollMs: number;

  constructor(
    private readonly devices: DeviceRepository,
    private readonly leases: LeaseRepository,
    private readonly benchmarks: BenchmarkRepository,
    private readonly views: DevicesService,
    private readonly waker: JobWaker,
    private readonly agent: AgentPackage,
    private readonly leased: LeasedFiles,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.pollMs = Math.min(LONGEST_WAIT_MS, Math.round((2 * config.deviceLostMs) / 3));
  }

  /** Throws EnrolmentCodeError, DeviceNameTakenError, and ApiError `agent_outdated`. */
  enrol(wishes: EnrolDevice): Promise<EnrolledDevice> {
    refuseOther(wishes.protocol, wishes.version);
    return this.devices.enrol(wishes);
  }

  /** Notes the start of an agent; what earlier starts hold is free at once. Throws ApiError `agent_outdated`. */
  async hello(device: DeviceRow, said: AgentHello): Promise<AgentWelcome> {
    await this.devices.hello(device.id, said);
    refuseOther(said.protocol, said.version);
    const { deviceHeartbeatMs: heartbeatMs, deviceLostMs: lostAfterMs, benchmarkAttempts } = this.config;
    await this.waker.wake(await this.leases.releaseOthers(device.id, said.instance, benchmarkAttempts));
    const { name } = device;
    const { pollMs } = this;
    const { version: serverVersion } = this.agent;
    const words = this.views.stateOf(await this.devices.require(device.id), null);
    return { name, ...words, heartbeatMs, lostAfterMs, pollMs, serverVersion, agentUrl: '/agent.tgz' };
  }

  /** Removes the device. What it holds is free. */
  async leave({ id }: DeviceRow): Promise<void> {
    await this.devices.remove(id);
    await this.waker.wake(await this.leases.releaseAll(id, this.config.benchmarkAttempts));
  }

  /** Work for the device, as soon as there is some and until `waitMs` have passed. Throws DeviceReplacedError. */
  async poll(
    device: DeviceRow,
    { instance, waitMs, condition }: LeaseRequest,
    gone: AbortSignal,
  ): Promise<LeaseAnswer> {
    refuseOther(device.protocol, device.version);
    await this.devices.seen(device.id, condition);
    const until = Date.now() + Math.min(waitMs, this.pollMs);
    const bell = new Bell(gone);
    const stop = await this.leases.subscribe(device, () => bell.ring());
    try {
      for (;;) {
        // Nobody hears the answer, and the servers behind this one may be closed already.
        if (gone.aborted) return { lease: null, state: 'online', reason: 'gone', serverVersion: this.agent.version };
        bell.silence();
        const lease = await this.claim(device, instance);
        const leftMs = until - Date.now();
        if (lease || leftMs <= 0) return await this.answer(device, lease);
        await bell.wait(leftMs);
      }
    } finally {
      stop();
    }
  }

  private async claim({ id: deviceId }: DeviceRow, instance: string): Promise<BenchmarkRow | null> {
    const keyOf: ClaimOptions['keyOf'] = (work, { fingerprint }) => benchmarkKey(work, fingerprint);
    const { lease, ended } = await this.leases.claim({
      deviceId,
      instance,
      lostAfterMs: this.config.deviceLostMs,
      keyOf,
    });
    await this.waker.wake(ended);
    return lease;
  }

  private async answer(device: DeviceRow, row: BenchmarkRow | null): Promise<LeaseAnswer> {
    const { version: serverVersion } = this.agent;
    if (!row) {
      const now = await this.devices.require(device.id);
      return { lease: null, ...this.views.stateOf({ ...now, lastSeenAt: new Date() }, null), serverVersion };
    }
    const words = this.views.stateOf(device, { ...row, jobName: null });
    return { lease: await this.leased.leaseOf(row), ...words, serverVersion };
  }
}

/** Throws ApiError `agent_outdated`. */
function refuseOther(protocol: number, version: string): void {
  if (protocol === PROTOCOL) return;
  throw new ApiError(
    'agent_outdated',
    `the agent ${version} speaks protocol ${protocol}, this server ${PROTOCOL}: start the agent that the server has at /agent.tgz`,
  );
}

/** Rings once for all that happens while nobody waits. */
class Bell {
  private ringing = new AbortController();

  constructor(private readonly gone: AbortSignal) {}

  ring(): void {
    this.ringing.abort();
  }

  silence(): void {
    this.ringing = new AbortController();
  }

  async wait(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.ringing.signal, this.gone]);
    await wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

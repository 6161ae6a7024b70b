import { Inject, Injectable } from '@nestjs/common';
import type { BenchmarkSamples, Config, LeaseExtension, LeaseFailure, LeaseHeartbeat } from '#contracts';
import { DeviceRepository, LeaseRepository, type BenchmarkRow, type DeviceRow, type LeaseName } from '#database';
import { benchmarkKey, fingerprintDigest } from '#pipeline';
import { ObjectNotFoundError, type ArtifactStore } from '#storage';
import { CONFIG, STORE } from '#infrastructure';
import { checkSamples, toResult } from './benchmark-result.js';
import { JobWaker } from './job-waker.js';

/** What a device says of the lease that it holds. Each throws LeaseLostError for one that it does not hold any more. */
@Injectable()
export class LeasesService {
  constructor(
    private readonly leases: LeaseRepository,
    private readonly devices: DeviceRepository,
    private readonly waker: JobWaker,
    @Inject(STORE) private readonly store: ArtifactStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async heartbeat(name: LeaseName, { progress, message, condition }: LeaseHeartbeat): Promise<LeaseExtension> {
    const { deviceLostMs } = this.config;
    await this.leases.extend(name, deviceLostMs, { progress, message });
    await this.devices.seen(name.deviceId, condition);
    return { expiresInMs: deviceLostMs };
  }

  /** Throws NotFoundError for a file that the lease does not name. */
  async model(name: LeaseName, digest: string): Promise<{ digest: string; name: string }> {
    const { work } = await this.leases.require(name);
    const isNamed = [...work.models, ...(work.data ? [work.data] : [])].some((file) => file.digest === digest);
    if (!isNamed) throw new ObjectNotFoundError(digest);
    return { digest, name: `${digest}.onnx` };
  }

  /** Throws ApiError `benchmark_result` for one that does not fit the lease. */
  async result(device: DeviceRow, name: LeaseName, samples: BenchmarkSamples): Promise<void> {
    const row = await this.leases.find(name);
    checkSamples(row.work, samples);
    const { cores } = device.fingerprint;
    const raw = await this.keep(row, samples);
    const facts = { fingerprint: fingerprintDigest(device.fingerprint), raw, cores };
    const result = toResult(row.work, samples, facts);
    const key = benchmarkKey(row.work, device.fingerprint);
    await this.waker.wake([await this.leases.succeed(name, result, key)]);
    await this.devices.seen(device.id, samples.after);
  }

  /** A device is not at fault where a model is that no attempt helps, as long as it is well itself. */
  async failure(name: LeaseName, { code, message, permanent, health }: LeaseFailure): Promise<void> {
    const words = health.ok ? message : `${message}; its health check: ${health.message}`;
    const fault = { counts: !permanent || !health.ok, isSick: !health.ok };
    const failure = { code, message: words, permanent: permanent && health.ok };
    await this.waker.wake([await this.leases.fail(name, failure, fault, this.config.benchmarkAttempts)]);
  }

  private async keep({ work, deviceName }: BenchmarkRow, samples: BenchmarkSamples) {
    const document = {
      device: deviceName,
      inputs: work.inputs,
      settings: work.settings,
      ...(work.data ? { data: work.data } : {}),
      ...samples,
    };
    const { digest, bytes } = await this.store.put(Buffer.from(JSON.stringify(document)));
    return { name: `benchmark-${deviceName}.json`, digest, bytes };
  }
}

import { Inject, Injectable } from '@nestjs/common';
import type { Benchmark, Config, Device, DeviceHistoryQuery } from '#contracts';
import { BenchmarkRepository, DeviceRepository, type DeviceRow, type OpenBenchmark } from '#database';
import { benchmarkStatus, deviceState, type StateWords } from '#pipeline';
import { CONFIG } from '#infrastructure';

/** Devices and benchmarks as people see them: each with its state in words. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly devices: DeviceRepository,
    private readonly benchmarks: BenchmarkRepository,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async list(): Promise<Device[]> {
    const [rows, open] = await Promise.all([this.devices.list(), this.benchmarks.open()]);
    return rows.map((row) => this.toDevice(row, open));
  }

  /** Throws NotFoundError. */
  async get(id: string): Promise<Device> {
    const [row, open] = await Promise.all([this.devices.require(id), this.benchmarks.open()]);
    return this.toDevice(row, open);
  }

  /** What a device measured, the newest first. Throws NotFoundError, InvalidCursorError. */
  async historyOf(id: string, query: DeviceHistoryQuery) {
    const { name } = await this.devices.require(id);
    return this.benchmarks.ofDevice(name, query);
  }

  async benchmarksOf(jobId: string): Promise<Benchmark[]> {
    return this.inWords(await this.benchmarks.ofJob(jobId));
  }

  /** Throws nothing for those of jobs that are gone: there are none. */
  async inWords(rows: readonly OpenBenchmark[]): Promise<Benchmark[]> {
    if (rows.length === 0) return [];
    const [devices, mean] = await Promise.all([this.list(), this.benchmarks.meanSeconds()]);
    const known = devices.map((device) => ({ ...device, cores: device.fingerprint.cores }));
    return rows.map((row) => ({
      ...benchmarkStatus({ ...row, limits: row.work.settings }, known, mean),
      id: row.id,
      jobId: row.jobId,
      stage: row.stageIndex,
      asked: row.asked,
      device: row.deviceName,
      state: row.state,
      progress: row.progress,
      attempts: row.attempts,
      cached: row.cached,
      error: row.error,
      result: row.result,
      createdAt: row.createdAt.toISOString(),
      finishedAt: row.finishedAt?.toISOString() ?? null,
      deadlineAt: row.deadlineAt.toISOString(),
    }));
  }

  /** The state of a device that holds this benchmark, or none. */
  stateOf(row: DeviceRow, held: Pick<OpenBenchmark, 'jobId' | 'jobName' | 'progress'> | null): StateWords {
    const work = held && { job: `job ${held.jobName ?? held.jobId}`, progress: held.progress };
    return deviceState(row, work, { now: new Date(), lostAfterMs: this.config.deviceLostMs });
  }

  private toDevice(row: DeviceRow, open: readonly OpenBenchmark[]): Device {
    const held = open.find(({ state, deviceId }) => state === 'running' && deviceId === row.id);
    const { id, name, tags, failures, version, fingerprint, condition, enrolledAt, lastSeenAt } = row;
    return {
      ...this.stateOf(row, held ?? null),
      ...{ id, name, tags, failures, version, fingerprint, condition },
      waiting: open.filter(({ state, wantedName }) => state === 'waiting' && wantedName === name).length,
      enrolledAt: enrolledAt.toISOString(),
      lastSeenAt: lastSeenAt.toISOString(),
    };
  }
}

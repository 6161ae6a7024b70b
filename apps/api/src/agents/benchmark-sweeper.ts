import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Config } from '#contracts';
import { BenchmarkRepository, BenchmarkStalledError, LeaseLostError, LeaseRepository, type LeaseName } from '#database';
import { repeat, type Repetition } from '#process';
import { DevicesService } from '../devices/devices.service.js';
import { CONFIG } from '#infrastructure';
import { JobWaker } from './job-waker.js';
import { lateFailure } from './late-benchmark.js';

/** Rounds within the time after which a device is lost, and the longest pause between two. */
const ROUNDS = 6;
const LONGEST_PAUSE_MS = 5000;

/**
 * Takes lost leases back and ends benchmarks that nobody took in time. Several processes may be at it: each change is
 * made once.
 */
@Injectable()
export class BenchmarkSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BenchmarkSweeper.name);
  private rounds: Repetition | undefined;

  constructor(
    private readonly leases: LeaseRepository,
    private readonly benchmarks: BenchmarkRepository,
    private readonly devices: DevicesService,
    private readonly waker: JobWaker,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, this.config.deviceLostMs / ROUNDS);
    const onError = (error: unknown) => this.logger.warn({ err: error }, 'cannot look after benchmarks');
    this.rounds = repeat(pauseMs, () => this.sweep(), onError);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds?.stop();
  }

  /** Counted against the device: at the third in a row it gets no more work. */
  private async giveUp(name: LeaseName): Promise<void> {
    const { benchmarkStallMs, benchmarkAttempts } = this.config;
    const fault = { counts: true, isSick: false };
    const { code, message } = new BenchmarkStalledError(benchmarkStallMs);
    const failure = { code, message, permanent: false };
    try {
      await this.waker.wake([await this.leases.fail(name, failure, fault, benchmarkAttempts)]);
    } catch (error) {
      // It has answered in the meantime.
      if (!(error instanceof LeaseLostError)) throw error;
    }
  }

  private async sweep(): Promise<void> {
    await this.waker.wake(await this.leases.releaseExpired(this.config.benchmarkAttempts));
    for (const name of await this.leases.stalled(this.config.benchmarkStallMs)) await this.giveUp(name);
    for (const late of await this.devices.inWords(await this.benchmarks.overdue()))
      if (await this.benchmarks.failWaiting(late.id, lateFailure(late))) await this.waker.wake([late.jobId]);
  }
}

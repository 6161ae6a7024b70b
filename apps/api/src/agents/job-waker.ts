import { Inject, Injectable, Logger } from '@nestjs/common';
import { BenchmarkRepository, JobRepository } from '#database';
import type { StageQueue } from '#queue';
import { QUEUE } from '#infrastructure';

/** Lets a job that waits for its devices go on as soon as the last of them has answered. */
@Injectable()
export class JobWaker {
  private readonly logger = new Logger(JobWaker.name);

  constructor(
    private readonly benchmarks: BenchmarkRepository,
    private readonly jobs: JobRepository,
    @Inject(QUEUE) private readonly queue: StageQueue,
  ) {}

  /** Never throws: the job looks by itself, too, if later. */
  async wake(jobIds: readonly string[]): Promise<void> {
    for (const jobId of new Set(jobIds)) {
      try {
        if (!(await this.benchmarks.hasOpen(jobId))) await this.queue.wakeFinish(await this.jobs.queueEntry(jobId));
      } catch (error) {
        this.logger.warn({ err: error, jobId }, 'cannot wake a job that waits for devices');
      }
    }
  }
}

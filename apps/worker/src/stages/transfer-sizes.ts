import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { StageMetrics } from '#contracts';
import { StageRepository, StageResultRepository } from '#database';
import { compressedBytesQuietly } from '#evaluation';
import { FileCache } from './file-cache.js';

/** Figures kept; a job asks for those of its own few models. */
const KEPT = 256;

/** Sizes of models for transfer, computed one at a time while later stages run. */
@Injectable()
export class TransferSizes implements OnApplicationShutdown {
  private readonly logger = new Logger(TransferSizes.name);
  private readonly sizes = new Map<string, Promise<number>>();
  private last: Promise<unknown> = Promise.resolve();
  private readonly recording = new Set<Promise<void>>();

  constructor(
    private readonly files: FileCache,
    private readonly stages: StageRepository,
    private readonly results: StageResultRepository,
  ) {}

  /** Bytes for transfer of a model in the store. Throws the store's errors. */
  of(digest: string): Promise<number> {
    const known = this.sizes.get(digest);
    if (known) return known;
    const size = this.last.then(async () => compressedBytesQuietly(await this.files.read(digest)));
    this.last = size.catch(() => this.sizes.delete(digest));
    this.sizes.set(digest, size);
    for (const oldest of this.sizes.keys()) if (this.sizes.size > KEPT) this.sizes.delete(oldest);
    return size;
  }

  /**
   * Completes the records of a stage, where its transfer size is missing, without being waited for. A figure that
   * cannot be had or recorded is asked for again at the end of the job.
   */
  complete(jobId: string, index: number, stage: { key: string; modelDigest: string; metrics: StageMetrics }): void {
    if (stage.metrics.compressedBytes !== undefined) return;
    const warn = (error: unknown) => this.logger.warn({ err: error }, 'cannot record a transfer size');
    const recorded = this.record(jobId, index, stage)
      .catch(warn)
      .finally(() => this.recording.delete(recorded));
    this.recording.add(recorded);
  }

  /** Resolves when nothing is being computed, so that clocks are read in quiet. */
  async idle(): Promise<void> {
    await this.last;
  }

  /** Resolves when everything asked for is recorded. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.recording);
  }

  private async record(
    jobId: string,
    index: number,
    { key, modelDigest }: { key: string; modelDigest: string },
  ): Promise<void> {
    const size = await this.of(modelDigest);
    await this.results.setSize(key, size);
    await this.stages.setSize(jobId, index, size);
  }
}

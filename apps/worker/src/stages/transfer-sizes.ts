import type { StageMetrics } from '#contracts';
import type { StageRepository, StageResultRepository } from '#database';
import { compressedBytesQuietly } from '#evaluation';
import type { FileCache } from './file-cache.js';

/** Figures kept; a job asks for those of its own few models. */
const KEPT = 256;

export interface TransferSizesParts {
  files: FileCache;
  stages: Pick<StageRepository, 'setSize'>;
  results: Pick<StageResultRepository, 'setSize'>;
  /** Told of a figure that could not be had or recorded: the end of the job asks for it again. */
  onWarning(error: unknown, what: string): void;
}

/** Sizes of models for transfer, computed one at a time while later stages run. */
export class TransferSizes {
  private readonly sizes = new Map<string, Promise<number>>();
  private last: Promise<unknown> = Promise.resolve();
  private readonly recording = new Set<Promise<void>>();

  constructor(private readonly parts: TransferSizesParts) {}

  /** Bytes for transfer of a model in the store. Throws the store's errors. */
  of(digest: string): Promise<number> {
    const known = this.sizes.get(digest);
    if (known) return known;
    const size = this.last.then(async () => compressedBytesQuietly(await this.parts.files.read(digest)));
    this.last = size.catch(() => this.sizes.delete(digest));
    this.sizes.set(digest, size);
    for (const oldest of this.sizes.keys()) if (this.sizes.size > KEPT) this.sizes.delete(oldest);
    return size;
  }

  /** Completes the records of a stage, where its transfer size is missing, without being waited for. */
  complete(jobId: string, index: number, stage: { key: string; modelDigest: string; metrics: StageMetrics }): void {
    if (stage.metrics.compressedBytes !== undefined) return;
    const recorded = this.record(jobId, index, stage)
      .catch((error: unknown) => this.parts.onWarning(error, 'cannot record a transfer size'))
      .finally(() => this.recording.delete(recorded));
    this.recording.add(recorded);
  }

  /** Resolves when nothing is being computed, so that clocks are read in quiet. */
  async idle(): Promise<void> {
    await this.last;
  }

  /** Resolves when everything asked for is recorded. */
  async close(): Promise<void> {
    await Promise.all(this.recording);
  }

  private async record(
    jobId: string,
    index: number,
    { key, modelDigest }: { key: string; modelDigest: string },
  ): Promise<void> {
    const size = await this.of(modelDigest);
    await this.parts.results.setSize(key, size);
    await this.parts.stages.setSize(jobId, index, size);
  }
}

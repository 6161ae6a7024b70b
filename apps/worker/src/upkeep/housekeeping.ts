import { Inject, Injectable } from '@nestjs/common';
import { ExclusiveWork, IdempotencyRepository, type Database } from '#database';
import { DATABASE, STORE } from '#infrastructure';
import type { ArtifactStore } from '#storage';
import { CheckpointStore } from '../stages/checkpoint-store.js';
import { FileCache } from '../stages/file-cache.js';
import { StageFolders } from '../stages/stage-folders.js';
import { BackgroundWork } from './background-work.js';

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
/** Files of the store on the local disk that nobody has used for so long. */
const CACHE_MS = 7 * DAY_MS;
/** Interrupted uploads and folders of killed attempts; longer than the longest stage. */
const LEFTOVER_MS = DAY_MS;
/** A job that waits longer than this for its retry starts its stage anew. */
const CHECKPOINT_MS = 7 * DAY_MS;
/** After so long a request under a known Idempotency-Key is a new one. */
const IDEMPOTENCY_MS = 7 * DAY_MS;

/**
 * Removes now and every hour what nobody will ask for again; what cannot be removed is left for the next time. A round
 * cleans what is this worker's own, and what is everybody's unless another worker is at that.
 */
@Injectable()
export class Housekeeping extends BackgroundWork {
  protected readonly everyMs = HOUR_MS;
  protected readonly failure = 'cannot keep house';

  constructor(
    private readonly files: FileCache,
    private readonly folders: StageFolders,
    private readonly checkpoints: CheckpointStore,
    private readonly keys: IdempotencyRepository,
    @Inject(STORE) private readonly store: ArtifactStore,
    @Inject(DATABASE) private readonly database: Database,
  ) {
    super();
  }

  async round(): Promise<void> {
    await this.sweep('the file cache', () => this.files.sweep(CACHE_MS));
    await this.sweep('folders of stages', () => this.folders.sweep(LEFTOVER_MS));
    await new ExclusiveWork(this.database.url, 'housekeeping').tryRun(async () => {
      await this.sweep('checkpoints', () => this.checkpoints.sweep(CHECKPOINT_MS));
      await this.sweep('the store', () => this.store.sweep(LEFTOVER_MS));
      await this.sweep('Idempotency-Keys', () => this.keys.sweep(new Date(Date.now() - IDEMPOTENCY_MS)));
    });
  }

  private async sweep(what: string, work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => this.logger.warn({ err: error }, `cannot sweep ${what}`));
  }
}

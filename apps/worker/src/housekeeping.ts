import type { Config } from '#contracts';
import { ExclusiveWork, IdempotencyRepository, type Database } from '#database';
import { repeat, type Repetition } from '#process';
import type { ArtifactStore } from '#storage';
import type { CheckpointStore } from './stages/checkpoint-store.js';
import type { FileCache } from './stages/file-cache.js';
import { StageFolder } from './stages/stage-folder.js';

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

export interface HousekeepingParts {
  config: Pick<Config, 'workPath' | 'stageTimeoutS'>;
  database: Database;
  files: FileCache;
  checkpoints: CheckpointStore;
  store: ArtifactStore;
  onWarning(error: unknown, what: string): void;
}

/**
 * Removes now and every hour what nobody will ask for again; nothing waits for it, and what cannot be removed is left
 * for the next time.
 */
export function startHousekeeping(parts: HousekeepingParts): Repetition {
  return repeat(
    HOUR_MS,
    () => keepHouse(parts),
    (error) => parts.onWarning(error, 'cannot keep house'),
  );
}

/** One round: what is this worker's own, and what is everybody's unless another worker is at that. */
export async function keepHouse(parts: HousekeepingParts): Promise<void> {
  const { config, database, files, checkpoints, store, onWarning } = parts;
  const sweep = async (what: string, work: () => Promise<unknown>) => {
    await work().catch((error: unknown) => onWarning(error, `cannot sweep ${what}`));
  };
  await sweep('the file cache', () => files.sweep(CACHE_MS));
  await sweep('folders of stages', () =>
    StageFolder.sweep(config.workPath, Math.max(LEFTOVER_MS, 2 * config.stageTimeoutS * 1000)),
  );
  await new ExclusiveWork(database.url, 'housekeeping').tryRun(async () => {
    await sweep('checkpoints', () => checkpoints.sweep(CHECKPOINT_MS));
    await sweep('the store', () => store.sweep(LEFTOVER_MS));
    await sweep('Idempotency-Keys', () =>
      new IdempotencyRepository(database).sweep(new Date(Date.now() - IDEMPOTENCY_MS)),
    );
  });
}

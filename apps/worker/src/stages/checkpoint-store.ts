import { stat } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { StageCheckpointRepository, type CheckpointRow } from '#database';
import { STORE } from '#infrastructure';
import { DigestMismatchError, ObjectNotFoundError, type ArtifactStore } from '#storage';
import { judge } from './failures.js';
import { digestOf } from './file-cache.js';

/** What stages need to go on after a kill, in the store by stage key: any worker may take a stage up where another left it. */
@Injectable()
export class CheckpointStore {
  constructor(
    private readonly rows: StageCheckpointRepository,
    @Inject(STORE) private readonly store: ArtifactStore,
  ) {}

  /** Writes the stage's newest checkpoint to `path`, where there is one; returns why it cannot. Throws when the store or the records do not answer: they are worth waiting for. */
  async fetch(key: string, path: string): Promise<string | null> {
    const newest = await this.rows.newest(key);
    if (!newest) return null;
    try {
      await this.store.getToFile(newest.digest, path);
      return null;
    } catch (error) {
      // A stage can do without: it begins anew.
      if (error instanceof ObjectNotFoundError) return 'the checkpoint is no longer in the store';
      if (error instanceof DigestMismatchError) return 'the checkpoint in the store is damaged';
      if (judge(error).outage) throw error;
      return `the checkpoint cannot be fetched (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  /** Puts a file that nobody changes any more as the stage's newest checkpoint, and removes those before it. */
  async keep(key: string, path: string): Promise<void> {
    const [digest, { size: bytes }] = await Promise.all([digestOf(path), stat(path)]);
    if (digest === null) return;
    const row = { key, digest, bytes };
    await this.rows.begin(row);
    await this.store.putFile(path, { expectedDigest: digest });
    await this.rows.complete(row);
    for (const older of await this.rows.of(key)) if (older.digest !== digest) await this.remove(older);
  }

  /** Removes the stage's checkpoints. */
  async forget(key: string): Promise<void> {
    for (const row of await this.rows.of(key)) await this.remove(row);
  }

  /** Removes checkpoints of stages that nobody took up again. */
  async sweep(olderThanMs: number): Promise<void> {
    for (const row of await this.rows.olderThan(olderThanMs)) await this.remove(row);
  }

  private async remove(row: CheckpointRow): Promise<void> {
    if (!(await this.rows.isShared(row))) await this.store.delete(row.digest);
    await this.rows.delete(row);
  }
}

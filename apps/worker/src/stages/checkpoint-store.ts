import { stat } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { StageCheckpointRepository, type CheckpointRow } from '#database';
import { STORE } from '#infrastructure';
import { DigestMismatchError, ObjectNotFoundError, type ArtifactStore } from '#storage';
import { judge } from './failures.js';
import { digestOf } from './file-cache.js';

/** A training that ended after so many epochs, as a stage of a job. */
export interface ShorterTraining {
  epochs: number;
  jobId: string;
}

/**
 * What stages need to go on after a kill, in the store by stage key: any worker may take a stage up where another left
 * it.
 */
@Injectable()
export class CheckpointStore {
  constructor(
    private readonly rows: StageCheckpointRepository,
    @Inject(STORE) private readonly store: ArtifactStore,
  ) {}

  /**
   * Writes the stage's newest checkpoint to `path`, where there is one; returns why it cannot. Throws when the store or
   * the records do not answer: they are worth waiting for.
   */
  async fetch(key: string, path: string): Promise<string | null> {
    const newest = await this.rows.newest(key);
    if (!newest) return null;
    return this.place(newest.digest, path, 'the checkpoint');
  }

  /** Why a file that a stage can do without cannot be had; null once it is at `path`. Throws in an outage. */
  private async place(digest: string, path: string, what: string): Promise<string | null> {
    try {
      await this.store.getToFile(digest, path);
      return null;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return `${what} is no longer in the store`;
      if (error instanceof DigestMismatchError) return `${what} in the store is damaged`;
      if (judge(error).outage) throw error;
      return `${what} cannot be fetched (${error instanceof Error ? error.message : String(error)})`;
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

  /**
   * Writes to `path` where a shorter training of the same options ended, and returns which one that was; null where
   * there is none, and why where it cannot be had: the training begins at its start then. Throws as `fetch` does.
   */
  async fetchShorter(key: string, epochs: number, path: string): Promise<ShorterTraining | string | null> {
    const row = await this.rows.shorter(key, epochs);
    if (!row?.epochs || !row.jobId) return null;
    const shorter = { epochs: row.epochs, jobId: row.jobId };
    const what = `the end of the shorter training of job ${row.jobId}`;
    return (await this.place(row.digest, path, what)) ?? shorter;
  }

  /** Keeps where a training of so many epochs ended, for longer ones, in place of an earlier one as long. */
  async keepEnd(end: ShorterTraining & { key: string }, path: string): Promise<void> {
    const [digest, { size: bytes }] = await Promise.all([digestOf(path), stat(path)]);
    if (digest === null) return;
    const row = { ...end, digest, bytes };
    await this.rows.begin(row);
    await this.store.putFile(path, { expectedDigest: digest });
    await this.rows.complete(row);
    for (const other of await this.rows.of(end.key))
      if (other.epochs === end.epochs && other.digest !== digest) await this.remove(other);
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

import { link, rm, stat } from 'node:fs/promises';
import type { CheckpointStore, ShorterTraining } from './checkpoint-store.js';

/** A training that may go on from where a shorter one ended, by their common key. */
export interface LongerTraining {
  key: string;
  epochs: number;
}

/**
 * Keeps the checkpoint file of a running stage in the store, at most once in `everyMs`. Checkpoints are an offer: one
 * that cannot be kept costs a later attempt some time, and does not fail this one.
 */
export class CheckpointKeeper {
  private timer: NodeJS.Timeout | undefined;
  private keeping: Promise<void> = Promise.resolve();
  private keptAt: number | undefined;
  /** The shorter training that the stage goes on from, where there is one. */
  wentOn: ShorterTraining | null = null;

  constructor(
    private readonly store: CheckpointStore,
    private readonly key: string,
    private readonly path: string,
    private readonly everyMs: number,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Puts the stage's last checkpoint, where there is one, in its place and watches what becomes of it; returns why
   * there is none although one was kept. Without one, a longer training takes up where a shorter one ended. Throws what
   * the store throws.
   */
  async begin(longer?: LongerTraining): Promise<string | null> {
    let lost = await this.store.fetch(this.key, this.path);
    if (longer && (await writtenAt(this.path)) === undefined) {
      const shorter = await this.store.fetchShorter(longer.key, longer.epochs, this.path);
      if (typeof shorter === 'string') lost ??= shorter;
      else this.wentOn = shorter;
    }
    this.keptAt = await writtenAt(this.path);
    this.timer = setInterval(() => void this.keep(), this.everyMs);
    return lost;
  }

  /** Ends the watch; with `last`, what was written since goes to the store. */
  async end({ last }: { last: boolean }): Promise<void> {
    clearInterval(this.timer);
    await (last ? this.keep() : this.keeping);
  }

  private keep(): Promise<void> {
    this.keeping = this.keeping.then(() => this.keepIfNew()).catch(this.onError);
    return this.keeping;
  }

  private async keepIfNew(): Promise<void> {
    const at = await writtenAt(this.path);
    if (at === undefined || at === this.keptAt) return;
    // The stage replaces its file by renaming: a second name keeps these bytes while they are put.
    const snapshot = `${this.path}.kept`;
    await rm(snapshot, { force: true });
    await link(this.path, snapshot);
    await this.store.keep(this.key, snapshot);
    await rm(snapshot, { force: true });
    this.keptAt = at;
  }
}

/** Undefined while there is no file. */
async function writtenAt(path: string): Promise<number | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return found?.mtimeMs;
}

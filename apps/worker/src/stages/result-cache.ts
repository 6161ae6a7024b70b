import { Inject, Injectable } from '@nestjs/common';
import { StageResultRepository, type StoredResult } from '#database';
import { STORE } from '#infrastructure';
import { DigestMismatchError, ObjectNotFoundError, type ArtifactStore } from '#storage';

/** Results by stage key, believed only when every file they name is in the store and has its digest. */
@Injectable()
export class ResultCache {
  constructor(
    private readonly results: StageResultRepository,
    @Inject(STORE) private readonly store: ArtifactStore,
  ) {}

  /**
   * The verified result, or null when it must be computed. A damaged file is removed, so that it can be stored again.
   */
  async find(key: string): Promise<StoredResult | null> {
    const result = await this.results.find(key);
    if (!result) return null;
    const model = result.changed ? [result.modelDigest] : [];
    const digests = new Set([...result.artifacts.map(({ digest }) => digest), ...model]);
    for (const digest of digests) {
      if (await this.isIntact(digest)) continue;
      await this.results.delete(key);
      return null;
    }
    return result;
  }

  put(result: StoredResult): Promise<void> {
    return this.results.put(result);
  }

  withLock<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.results.withLock(key, signal, work);
  }

  private async isIntact(digest: string): Promise<boolean> {
    try {
      // The store checks the digest while the bytes go by.
      for await (const _piece of (await this.store.get(digest)).stream);
      return true;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return false;
      if (!(error instanceof DigestMismatchError)) throw error;
      await this.store.delete(digest);
      return false;
    }
  }
}

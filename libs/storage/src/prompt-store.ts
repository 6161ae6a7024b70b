import type { ArtifactStore, ByteRange, Opened, PutOptions, Source, Stored } from './artifact-store.js';
import { StoreUnavailableError } from './errors.js';

/** SHA-256 of nothing: a digest that any store can be asked for. */
const EMPTY_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ANSWER_MS = 8000;
/** So long after an answer the store is taken to be there. */
const FRESH_MS = 5000;

/**
 * A store for whoever has a client waiting: one that does not answer a simple question in time is away, for now,
 * whatever patience its own driver has. What takes as long as its bytes, once the store has answered, is not cut short.
 */
export class PromptStore implements ArtifactStore {
  private answeredAt = -Infinity;

  constructor(
    private readonly store: ArtifactStore,
    private readonly answerMs = ANSWER_MS,
  ) {}

  async put(source: Source, options?: PutOptions): Promise<Stored> {
    await this.ask();
    return this.store.put(source, options);
  }

  async putFile(path: string, options?: PutOptions): Promise<Stored> {
    await this.ask();
    return this.store.putFile(path, options);
  }

  get(digest: string, range?: ByteRange): Promise<Opened> {
    return this.within(this.store.get(digest, range), ({ stream }) => stream.destroy());
  }

  async getToFile(digest: string, path: string): Promise<void> {
    await this.ask();
    return this.store.getToFile(digest, path);
  }

  stat(digest: string): Promise<{ bytes: number } | null> {
    return this.within(this.store.stat(digest));
  }

  presign(digest: string, seconds: number): Promise<string | null> {
    return this.store.presign(digest, seconds);
  }

  delete(digest: string): Promise<void> {
    return this.within(this.store.delete(digest));
  }

  sweep(olderThanMs: number): Promise<number> {
    return this.store.sweep(olderThanMs);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async ask(): Promise<void> {
    if (performance.now() - this.answeredAt > FRESH_MS) await this.stat(EMPTY_DIGEST);
  }

  /** Throws StoreUnavailableError when no answer comes in time; one that comes later is handed to `tooLate`. */
  private async within<T>(answer: Promise<T>, tooLate: (late: T) => unknown = () => undefined): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new StoreUnavailableError('the artifact store', new Error(`no answer within ${this.answerMs / 1000} s`)),
        );
        answer.then(tooLate, () => undefined);
      }, this.answerMs);
    });
    try {
      const answered = await Promise.race([answer, late]);
      this.answeredAt = performance.now();
      return answered;
    } finally {
      clearTimeout(timer);
    }
  }
}

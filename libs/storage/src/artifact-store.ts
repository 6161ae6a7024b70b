import type { Readable } from 'node:stream';
import type { Digest } from '#contracts';

/** Bytes to store. A stream is left open when storing fails, so that an HTTP handler can still answer. */
export type Source = AsyncIterable<Uint8Array> | Readable | Uint8Array;

export interface PutOptions {
  /** Refuse the bytes with DigestMismatchError unless this is their digest. */
  readonly expectedDigest?: Digest;
  /** Refuse more bytes than this with TooLargeError. */
  readonly maxBytes?: number;
}

export interface Stored {
  readonly digest: Digest;
  readonly bytes: number;
  /** The store held these bytes already. */
  readonly deduplicated: boolean;
}

/** First and last byte wanted, both included, as in HTTP and `fs.createReadStream`. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

export interface Opened {
  readonly stream: Readable;
  /** How many bytes the stream will deliver. */
  readonly bytes: number;
}

/**
 * Immutable files named by the SHA-256 of their bytes. Every method may be called by many processes at a time; what was
 * put completely is there for all of them, and what was not put completely never is.
 */
export interface ArtifactStore {
  put(source: Source, options?: PutOptions): Promise<Stored>;
  putFile(path: string, options?: PutOptions): Promise<Stored>;
  /**
   * Throws NotFoundError and RangeNotSatisfiableError at once. A read of all bytes checks the digest and withholds the
   * last piece until it holds; otherwise the stream fails with DigestMismatchError. A range cannot be checked.
   */
  get(digest: Digest, range?: ByteRange): Promise<Opened>;
  /** Writes the checked bytes to `path`, which holds all of them or is left as it was. */
  getToFile(digest: Digest, path: string): Promise<void>;
  stat(digest: Digest): Promise<{ bytes: number } | null>;
  /**
   * An address from which anyone may read the artifact for so many seconds, whose bytes he has to check; null where the
   * store gives none. It does not look whether there is such an artifact.
   */
  presign(digest: Digest, seconds: number): Promise<string | null>;
  /** Does nothing when there is no such artifact. */
  delete(digest: Digest): Promise<void>;
  /** Removes what interrupted puts left behind, if it is older than this; returns how many. */
  sweep(olderThanMs: number): Promise<number>;
  close(): Promise<void>;
}

import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { DigestMismatchError } from './errors.js';

/**
 * Passes bytes on and checks their digest; the last piece is withheld until it holds, so that nobody takes bad bytes
 * for whole.
 */
export class VerifyDigest extends Transform {
  readonly #hash = createHash('sha256');
  #last: Buffer | null = null;

  constructor(private readonly expected: string) {
    super();
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(piece);
    if (this.#last) this.push(this.#last);
    this.#last = piece;
    done();
  }

  override _flush(done: TransformCallback): void {
    const got = this.#hash.digest('hex');
    if (got !== this.expected) return done(new DigestMismatchError(this.expected, got));
    done(null, this.#last);
  }
}

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { PutOptions, Source } from './artifact-store.js';
import { DigestMismatchError, SourceError, TooLargeError } from './errors.js';

/** The pieces of a source; a failure of the source itself becomes a SourceError. */
async function* pieces(source: Source): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    yield source;
    return;
  }
  const iterable: AsyncIterable<Uint8Array> =
    source instanceof Readable ? source.iterator({ destroyOnReturn: false }) : source;
  const iterator = iterable[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const next = await iterator.next().catch((cause: unknown) => {
        isOver = true;
        throw new SourceError(cause);
      });
      isOver = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    if (!isOver) await iterator.return?.();
  }
}

/** Passes a source to `write` piece by piece, in order; checks its size on the way and its digest at the end. */
export async function consume(
  source: Source,
  options: PutOptions,
  write: (piece: Uint8Array) => Promise<void>,
): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces(source)) {
    bytes += piece.byteLength;
    if (options.maxBytes !== undefined && bytes > options.maxBytes) throw new TooLargeError(options.maxBytes);
    hash.update(piece);
    await write(piece);
  }
  const digest = hash.digest('hex');
  if (options.expectedDigest !== undefined && digest !== options.expectedDigest)
    throw new DigestMismatchError(options.expectedDigest, digest);
  return { digest, bytes };
}

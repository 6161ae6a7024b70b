import type { ReadableStream } from 'node:stream/web';
import type { Client } from '#client';
import type { Lease } from '#contracts';
import type { ModelCache } from '../cache/model-cache.js';
import { DownloadError } from '../errors.js';

/** A file that a lease names. */
export type LeasedFile = Pick<Lease['models'][number], 'digest' | 'url'>;

interface DownloadParts {
  client: Client;
  cache: ModelCache;
}

/** A store that is not to be reached from here must not hold a benchmark up. */
const CONNECT_MS = 5000;

/**
 * The path of a file of a lease, whose bytes are held against its digest: from the cache, else from the store itself
 * where the lease tells an address there, else through the server. Throws what the server refuses.
 */
export async function fetchFile(
  { id, fence }: Pick<Lease, 'id' | 'fence'>,
  { digest, url }: LeasedFile,
  { client, cache }: DownloadParts,
  signal: AbortSignal,
): Promise<string> {
  if (url !== undefined) {
    const direct = await cache.file(digest, () => fromStore(digest, url, signal)).catch(() => null);
    signal.throwIfAborted();
    if (direct !== null) return direct;
  }
  const proxied = async () =>
    (await client.leasedModel({ id, digest, fence }, { signal })) as ReadableStream<Uint8Array>;
  const path = await cache.file(digest, proxied);
  signal.throwIfAborted();
  return path;
}

/** The address holds its own permission: no key is sent. Throws where the store is not reached, or does not give the file. */
async function fromStore(digest: string, url: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), CONNECT_MS);
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, late.signal]), redirect: 'error' });
    if (answer.ok && answer.body) return answer.body as ReadableStream<Uint8Array>;
    await answer.body?.cancel();
    throw new DownloadError(digest, `was refused by the store (status ${answer.status})`);
  } finally {
    clearTimeout(timer);
  }
}

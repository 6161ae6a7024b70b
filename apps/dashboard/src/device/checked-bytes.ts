import { sha256 } from '@noble/hashes/sha2.js';

/** A file that is not the one its digest names; the lease fails, and another attempt may get the right bytes. */
export class OtherBytesError extends Error {
  override readonly name = 'OtherBytesError';
}

/**
 * The bytes themselves where their SHA-256 is the digest, in lower-case hexadecimal; throws OtherBytesError elsewhere.
 * Browsers have digests of their own on pages over HTTPS alone, and on all others the library computes them.
 */
export async function checkedBytes(bytes: Uint8Array<ArrayBuffer>, digest: string): Promise<Uint8Array<ArrayBuffer>> {
  const own = globalThis.crypto?.subtle;
  const hash = own ? new Uint8Array(await own.digest('SHA-256', bytes)) : sha256(bytes);
  const found = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found === digest) return bytes;
  throw new OtherBytesError(`the download ${digest.slice(0, 12)}… has other bytes than its name says`);
}

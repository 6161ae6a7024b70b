import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';

const SHA256_BYTES = 32;

/** The SHA-256, in hex, that a request announces for its body by Content-Digest or Repr-Digest (RFC 9530). Throws ApiError for one that cannot be checked. */
export function expectedDigest({ headers }: Request): string | undefined {
  const header = headers['content-digest'] ?? headers['repr-digest'];
  if (header === undefined) return undefined;
  const encoded = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(String(header))?.[1];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (bytes.length === SHA256_BYTES) return bytes.toString('hex');
  throw new ApiError(
    'invalid_request',
    'the digest of the body cannot be checked: send it as sha-256=:BASE64: (RFC 9530), or leave it out',
    [{ field: 'Content-Digest', message: 'no SHA-256 that can be read' }],
  );
}

import type { Request } from 'express';
import { ApiError } from '../problems/api-error.js';

const SHA256_BYTES = 32;

const HEADERS = ['content-digest', 'repr-digest'] as const;

/**
 * The SHA-256, in hex, that a request announces for its body by Content-Digest or Repr-Digest (RFC 9530). Throws
 * ApiError for one that cannot be checked, and for two that differ.
 */
export function expectedDigest({ headers }: Request): string | undefined {
  const given = HEADERS.filter((name) => headers[name] !== undefined);
  const digests = given.map((name) => digestIn(String(headers[name])));
  if (new Set(digests).size > 1)
    throw refused('Content-Digest and Repr-Digest name different bytes: leave one out', 'not that of Repr-Digest');
  return digests[0];
}

/** Throws ApiError where bytes are announced for a body that holds none of a file. */
export function refuseDigest({ headers }: Request): void {
  if (HEADERS.some((name) => headers[name] !== undefined))
    throw refused('Content-Digest is checked for bytes that are sent, not for a URI: leave it out', 'not heeded here');
}

function digestIn(header: string): string {
  const encoded = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]+):/.exec(header)?.[1];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (bytes.length === SHA256_BYTES) return bytes.toString('hex');
  throw refused(
    'the digest of the body cannot be checked: send it as sha-256=:BASE64: (RFC 9530), or leave it out',
    'no SHA-256 that can be read',
  );
}

function refused(detail: string, message: string): ApiError {
  return new ApiError('invalid_request', detail, [{ field: 'Content-Digest', message }]);
}

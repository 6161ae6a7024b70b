import type { Config } from '#contracts';
import { UriError } from './errors.js';
import { parseUri } from './parse-uri.js';

/** A place in S3: an object, or a folder with everything below it. */
export interface S3Place {
  bucket: string;
  key: string;
}

export type AllowedConfig = Pick<Config, 'importS3'> & { storeUrl?: string };

/**
 * Throws UriError unless an object may be registered. The server's keys may open more than its users should read: what
 * they may have read is what the operator lists, and what lies in the store's own bucket.
 */
export function assertAllowed(uri: string, { bucket, key }: S3Place, { importS3, storeUrl }: AllowedConfig): void {
  const listed = allowedPrefixes(importS3);
  const folderOf = (prefixKey: string) => (prefixKey === '' || prefixKey.endsWith('/') ? prefixKey : `${prefixKey}/`);
  const isBelow = (prefix: S3Place) => prefix.bucket === bucket && key.startsWith(folderOf(prefix.key));
  if (bucket === bucketOf(storeUrl) || listed.some(isBelow)) return;
  const places = listed.map((prefix) => `s3://${prefix.bucket}/${prefix.key}`);
  throw new UriError(
    uri,
    places.length > 0
      ? `only objects below ${places.join(', ')} may be registered: copy it there, upload it, or have ` +
          'COLDPRESS_IMPORT_S3 list its folder'
      : 'objects may be registered only when COLDPRESS_IMPORT_S3 lists the s3:// folders that are allowed: ' +
          'upload it instead',
  );
}

/** The prefixes that COLDPRESS_IMPORT_S3 lists. Throws UriError for one that is none. */
export function allowedPrefixes(importS3: string | undefined): S3Place[] {
  return (importS3 ?? '')
    .split(',')
    .map((prefix) => prefix.trim())
    .filter(Boolean)
    .map((prefix) => {
      const parsed = parseUri(prefix);
      if (parsed.kind !== 's3')
        throw new UriError(prefix, 'COLDPRESS_IMPORT_S3 lists prefixes as s3://bucket/folder, with commas between');
      return parsed;
    });
}

function bucketOf(storeUrl: string | undefined): string | null {
  if (!storeUrl?.startsWith('s3:')) return null;
  const parsed = parseUri(storeUrl);
  return parsed.kind === 's3' ? parsed.bucket : null;
}

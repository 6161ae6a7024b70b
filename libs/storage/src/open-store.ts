import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '#contracts';
import type { ArtifactStore } from './artifact-store.js';
import { UriError } from './errors.js';
import { FilesystemStore } from './filesystem-store.js';
import { parseUri, type ParsedUri } from './parse-uri.js';
import type { S3Config } from './s3-client.js';
import { S3Store } from './s3-store.js';

export type StoreConfig = S3Config & Pick<Config, 'storeUrl' | 'workPath' | 's3DeviceEndpoint'>;

/**
 * Opens the store that the configuration names: `file:///folder` or `s3://bucket/prefix`. Throws UriError that names
 * the variable.
 */
export async function openStore(config: StoreConfig): Promise<ArtifactStore> {
  const place = parseStoreUrl(config.storeUrl);
  if (place.kind === 'file') return FilesystemStore.open(fileURLToPath(config.storeUrl));
  const [prefix, spoolPath] = [trimSlashes(place.key), join(config.workPath, 'spool')];
  return S3Store.open({ ...config, bucket: place.bucket, prefix, spoolPath });
}

function parseStoreUrl(storeUrl: string): ParsedUri {
  try {
    return parseUri(storeUrl);
  } catch (error) {
    throw error instanceof UriError ? error.of('COLDPRESS_STORE_URL') : error;
  }
}

const trimSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, '');

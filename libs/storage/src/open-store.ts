import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '#contracts';
import type { ArtifactStore } from './artifact-store.js';
import { UriError } from './errors.js';
import { FilesystemStore } from './filesystem-store.js';
import type { S3Config } from './s3-client.js';
import { S3Store } from './s3-store.js';

export type StoreConfig = S3Config & Pick<Config, 'storeUrl' | 'workPath'>;

/** Opens the store that the configuration names: `file:///folder` or `s3://bucket/prefix`. */
export async function openStore(config: StoreConfig): Promise<ArtifactStore> {
  const url = parseUri(config.storeUrl);
  switch (url.protocol) {
    case 'file:':
      return FilesystemStore.open(fileURLToPath(url));
    case 's3:':
      return S3Store.open({ ...config, bucket: url.hostname, prefix: trimSlashes(decodeURIComponent(url.pathname)), spoolPath: join(config.workPath, 'spool') });
    default:
      throw new UriError(config.storeUrl, 'a store is file:///folder or s3://bucket/prefix');
  }
}

export function parseUri(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new UriError(text, 'not a URI');
  }
}

const trimSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, '');

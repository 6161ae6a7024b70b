import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Config } from '#contracts';
import type { Opened } from './artifact-store.js';
import { NotFoundError, UriError } from './errors.js';
import { errorCode, fileError } from './files.js';
import { parseUri } from './open-store.js';
import { createS3Client, s3Error, type S3Config, translateErrors } from './s3-client.js';
import { readObject } from './s3-read.js';

export type UriConfig = S3Config & Pick<Config, 'importPath'>;

/**
 * Opens a file that lies outside the store: `s3://bucket/key` on the configured S3 server, or `file:///path` below
 * `importPath`, links that lead out of it refused. Throws UriError for what is not allowed and NotFoundError.
 */
export async function openUri(uri: string, config: UriConfig): Promise<Opened> {
  const url = parseUri(uri);
  switch (url.protocol) {
    case 'file:':
      return openFile(uri, url, config.importPath);
    case 's3:':
      return openObject(uri, url, config);
    default:
      throw new UriError(uri, 'give s3://bucket/key or file:///path');
  }
}

async function openFile(uri: string, url: URL, importPath: string | undefined): Promise<Opened> {
  if (!importPath) throw new UriError(uri, 'files may be registered only when COLDPRESS_IMPORT_PATH names a folder; upload it instead');
  const folder = await realpath(importPath).catch((cause: unknown) => {
    throw fileError(importPath, cause);
  });
  const path = await realpath(localPath(uri, url)).catch((cause: unknown) => {
    throw errorCode(cause) === 'ENOENT' ? new NotFoundError(uri, { cause }) : fileError(uri, cause);
  });
  if (!path.startsWith(folder + sep)) throw new UriError(uri, `not below the import folder ${importPath}`);
  return openRegular(uri, path);
}

/** Opens without following a link that took the file's place since its path was resolved, and without waiting on a pipe. */
async function openRegular(uri: string, path: string): Promise<Opened> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw fileError(uri, cause);
  });
  const found = await file.stat();
  if (found.isFile()) return { stream: file.createReadStream({ highWaterMark: 1 << 18 }), bytes: found.size };
  await file.close();
  throw new UriError(uri, 'not a file');
}

async function openObject(uri: string, url: URL, config: UriConfig): Promise<Opened> {
  const address = { Bucket: url.hostname, Key: decodeURIComponent(url.pathname.slice(1)) };
  if (!address.Bucket || !address.Key) throw new UriError(uri, 'give s3://bucket/key');
  const client = createS3Client(config);
  const where = `s3://${address.Bucket}`;
  try {
    const found = await client.send(new HeadObjectCommand(address));
    const bytes = found.ContentLength ?? 0;
    const stream = Readable.from(translateErrors(where, uri, readObject(client, address, found.ETag ?? '*', 0, bytes - 1)), { objectMode: false });
    return { stream: stream.once('close', () => client.destroy()), bytes };
  } catch (error) {
    client.destroy();
    throw s3Error(where, uri, error);
  }
}

function localPath(uri: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new UriError(uri, 'a file URI has no host and an absolute path: file:///path');
  }
}

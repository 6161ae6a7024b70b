import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { errorCode, type Config } from '#contracts';
import type { Opened } from './artifact-store.js';
import { ObjectNotFoundError, UriError } from './errors.js';
import { fileError } from './files.js';
import { assertAllowed } from './allowed-prefixes.js';
import { parseUri } from './parse-uri.js';
import { createS3Client, s3Error, type S3Config, translateErrors } from './s3-client.js';
import { readObject } from './s3-read.js';

/** A client waits for the answer: a server that is not there by then is away. */
const ANSWER_MS = 10_000;

export type UriConfig = S3Config & Pick<Config, 'importPath' | 'importS3'> & { storeUrl?: string };

/**
 * Opens a file that lies outside the store: `s3://bucket/key` below a prefix that the configuration allows, or
 * `file:///path` below `importPath`, links that lead out of it refused. Throws UriError for what is not allowed and
 * NotFoundError.
 */
export async function openUri(uri: string, config: UriConfig): Promise<Opened> {
  const parsed = parseUri(uri);
  if (parsed.kind === 'file') return openFile(uri, localPath(parsed.path), config.importPath);
  if (parsed.key === '') throw new UriError(uri, 'the key is missing: give s3://bucket/key');
  assertAllowed(uri, parsed, config);
  return openObject(uri, { Bucket: parsed.bucket, Key: parsed.key }, config);
}

async function openFile(uri: string, path: string, importPath: string | undefined): Promise<Opened> {
  if (!importPath)
    throw new UriError(
      uri,
      'files may be registered only when COLDPRESS_IMPORT_PATH names a folder; upload it instead',
    );
  const folder = await realpath(importPath).catch((cause: unknown) => {
    throw fileError(`the import folder ${importPath}`, cause);
  });
  const outside = new UriError(uri, `not below the import folder ${importPath}`);
  // What lies elsewhere is refused alike, whether it is there or not.
  if (![folder, resolve(importPath)].some((root) => path.startsWith(root + sep))) throw outside;
  const found = await realpath(path).catch((cause: unknown) => {
    throw importError(uri, cause);
  });
  if (!found.startsWith(folder + sep)) throw outside;
  return openRegular(uri, found);
}

/**
 * Opens without following a link that took the file's place since its path was resolved, and without waiting on a pipe.
 */
async function openRegular(uri: string, path: string): Promise<Opened> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw importError(uri, cause);
    },
  );
  const found = await file.stat();
  if (found.isFile()) return { stream: file.createReadStream({ highWaterMark: 1 << 18 }), bytes: found.size };
  await file.close();
  throw new UriError(uri, found.isDirectory() ? 'this is a folder: name a file in it' : 'this is not a file');
}

/** What keeps a file of the import folder from being read, by the system's code; other failures are the disk's. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'the server may not read it: change its permissions',
  EPERM: 'the server may not read it: change its permissions',
  ELOOP: 'a link on the way leads back to itself: name the file that is meant',
  ENAMETOOLONG: 'a name on the way is longer than the file system allows (255 bytes on most)',
  ENXIO: 'this is not a file',
};

function importError(uri: string, cause: unknown): Error {
  const code = errorCode(cause) ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new ObjectNotFoundError(uri, { cause });
  const refusal = REFUSALS[code];
  return refusal === undefined ? fileError(uri, cause) : new UriError(uri, refusal, { cause });
}

async function openObject(uri: string, address: { Bucket: string; Key: string }, config: UriConfig): Promise<Opened> {
  const client = createS3Client(config);
  const where = `s3://${address.Bucket}`;
  try {
    const found = await client.send(new HeadObjectCommand(address), { abortSignal: AbortSignal.timeout(ANSWER_MS) });
    const bytes = found.ContentLength ?? 0;
    const pieces = readObject(client, address, found.ETag ?? '*', 0, bytes - 1);
    const stream = Readable.from(translateErrors(where, uri, pieces), { objectMode: false });
    return { stream: stream.once('close', () => client.destroy()), bytes };
  } catch (error) {
    client.destroy();
    throw s3Error(where, uri, error);
  }
}

/** The path in the system's own form, such as with a drive letter. */
function localPath(path: string): string {
  if (process.platform !== 'win32') return fileURLToPath(pathToFileURL(path));
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return fileURLToPath(new URL(`file://${encoded}`));
}

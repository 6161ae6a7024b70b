import { types } from 'node:util';
import { S3Client } from '@aws-sdk/client-s3';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import type { Config } from '#contracts';
import {
  ObjectNotFoundError,
  StorageError,
  StoreAccessError,
  StoreFullError,
  StoreUnavailableError,
} from './errors.js';

export type S3Config = Pick<Config, 's3Endpoint' | 's3Region' | 's3AccessKeyId' | 's3SecretAccessKey'>;

/** Tries of one request and the pause after each; long enough to outlive the restart of a server (30 s in all). */
export const ATTEMPTS = 12;
export const pauseMs = (attempt: number): number => Math.min(500 * attempt, 3000);

/** The SDK knows no timeouts unless told. */
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 20_000;

/**
 * A client for AWS and for compatible servers, which refuse the SDK's newer default checksums: we keep our own SHA-256.
 * Without keys in the configuration the SDK looks for credentials where it usually does.
 */
export function createS3Client(config: S3Config): S3Client {
  const { s3Endpoint, s3Region, s3AccessKeyId, s3SecretAccessKey } = config;
  return new S3Client({
    region: s3Region,
    ...(s3Endpoint && { endpoint: s3Endpoint, forcePathStyle: true }),
    ...(s3AccessKeyId &&
      s3SecretAccessKey && { credentials: { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey } }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
    retryStrategy: new ConfiguredRetryStrategy(ATTEMPTS, pauseMs),
  });
}

const FULL = new Set(['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'ServiceQuotaExceeded']);

export const statusOf = (cause: unknown): number | undefined =>
  (cause as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;

/** What a failed request about `what`, sent to `where`, means to the caller. */
export function s3Error(where: string, what: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const status = statusOf(cause);
  const name = types.isNativeError(cause) ? cause.name : '';
  if (FULL.has(name) || status === 507) return new StoreFullError(where, { cause });
  if (name === 'NoSuchBucket') return new StoreUnavailableError(where, cause);
  if (status === 404) return new ObjectNotFoundError(what, { cause });
  if (status === 401 || status === 403) return new StoreAccessError(where, cause);
  return new StoreUnavailableError(where, cause);
}

/** The same bytes, failures told in our terms. */
export async function* translateErrors(
  where: string,
  what: string,
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    throw s3Error(where, what, error);
  }
}

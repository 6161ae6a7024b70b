import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ATTEMPTS, pauseMs, statusOf } from './s3-client.js';

export interface ObjectAddress {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Bytes `start..end` of an object. A connection that breaks under way is taken up again where it broke, by Range and
 * If-Match, so that the two halves are of one object.
 */
export async function* readObject(
  client: S3Client,
  address: ObjectAddress,
  etag: string,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  let offset = start;
  for (let attempt = 1; offset <= end; attempt += 1) {
    try {
      const answer = await client.send(
        new GetObjectCommand({ ...address, Range: `bytes=${offset}-${end}`, IfMatch: etag }),
      );
      for await (const piece of answer.Body as Readable) {
        offset += (piece as Buffer).byteLength;
        attempt = 1;
        yield piece as Buffer;
      }
      if (offset <= end) throw new EarlyEnd(`the object ended at byte ${offset}, ${end + 1} were announced`);
    } catch (error) {
      if (attempt >= ATTEMPTS || isFinal(error)) throw error;
      await sleep(pauseMs(attempt));
    }
  }
}

/** A connection that was closed without an error before all bytes had come. */
class EarlyEnd extends Error {
  override readonly name = 'EarlyEnd';
}

/** Refusals do not pass; the client itself has already retried everything else that came before the body. */
function isFinal(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500;
}

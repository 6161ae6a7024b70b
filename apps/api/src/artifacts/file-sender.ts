import { extname } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { STORE } from '#infrastructure';
import { ObjectNotFoundError, RangeNotSatisfiableError, StorageError, type ArtifactStore } from '#storage';
import type { Request, Response } from 'express';
import { ApiError } from '../problems/api-error.js';
import { parseRange } from './range-header.js';

export interface StoredFile {
  digest: string;
  /** The name that a browser saves it under. */
  name: string;
  /** Its type, where who sends it knows what it is; else by the end of its name. */
  type?: string;
}

/** Types that a browser may be told; all else is bytes, whatever a stage named it. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.csv': 'text/csv',
};

/**
 * Files up to this size are read twice, so that a damaged one is told by a status; of a larger one the connection
 * breaks off at its end.
 */
const MAX_CHECKED_BYTES = 64 * 1024 ** 2;

/** Sends files of the store. A digest is a strong ETag that never goes stale. */
@Injectable()
export class FileSender {
  constructor(@Inject(STORE) private readonly store: ArtifactStore) {}

  /**
   * Throws NotFoundError, RangeNotSatisfiableError and, before the first byte of a file that is not large,
   * DigestMismatchError.
   */
  async send(request: Request, response: Response, { digest, name, type }: StoredFile): Promise<void> {
    const found = await this.store.stat(digest);
    if (!found) throw new ObjectNotFoundError(digest);
    const etag = `"${digest}"`;
    assertMatch(request, etag);
    response.setHeader('etag', etag);
    response.setHeader('accept-ranges', 'bytes');
    response.setHeader('cache-control', 'private, max-age=31536000, immutable');
    if (matches(request.headers['if-none-match'], etag)) {
      response.status(304).end();
      return;
    }
    const wantsRange = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const range = wantsRange ? this.rangeOf(request, response, found.bytes) : undefined;
    if (request.method !== 'HEAD' && !range && found.bytes <= MAX_CHECKED_BYTES) await this.check(digest);
    response.status(range ? 206 : 200);
    response.attachment(name);
    response.type(type ?? CONTENT_TYPES[extname(name)] ?? 'application/octet-stream');
    response.setHeader('content-length', range ? range.end - range.start + 1 : found.bytes);
    if (range) response.setHeader('content-range', `bytes ${range.start}-${range.end}/${found.bytes}`);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    await this.pass(response, digest, range);
  }

  /** A client that goes away is no fault of ours; a store that fails is. */
  private async pass(
    response: Response,
    digest: string,
    range: { start: number; end: number } | undefined,
  ): Promise<void> {
    const { stream } = await this.store.get(digest, range);
    await pipeline(stream, response).catch((error: unknown) => {
      if (error instanceof StorageError || !response.destroyed) throw error;
    });
  }

  /** Reads all bytes, which checks their digest. */
  private async check(digest: string): Promise<void> {
    const { stream } = await this.store.get(digest);
    await finished(stream.resume());
  }

  private rangeOf(request: Request, response: Response, bytes: number): { start: number; end: number } | undefined {
    try {
      return parseRange(request.headers.range, bytes);
    } catch (error) {
      if (error instanceof RangeNotSatisfiableError) response.setHeader('content-range', `bytes */${bytes}`);
      throw error;
    }
  }
}

function assertMatch({ headers }: Request, etag: string): void {
  const wanted = headers['if-match'];
  if (wanted !== undefined && !matches(wanted, etag))
    throw new ApiError(
      'precondition_failed',
      `the file's ETag is ${etag}, which If-Match does not name: leave If-Match out to get it all the same`,
    );
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.some((tag) => tag === etag || tag === '*');
}

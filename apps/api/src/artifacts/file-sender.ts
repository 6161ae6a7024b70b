import { extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { NotFoundError, RangeNotSatisfiableError, type ArtifactStore } from '#storage';
import type { Request, Response } from 'express';
import { STORE } from '../infrastructure/tokens.js';
import { parseRange } from './range-header.js';

export interface StoredFile {
  digest: string;
  /** The name that a browser saves it under. */
  name: string;
}

/** Types that a browser may be told; all else is bytes, whatever a stage named it. */
const CONTENT_TYPES: Readonly<Record<string, string>> = { '.json': 'application/json', '.md': 'text/markdown', '.csv': 'text/csv' };

/** Sends files of the store. A digest is a strong ETag that never goes stale. */
@Injectable()
export class FileSender {
  constructor(@Inject(STORE) private readonly store: ArtifactStore) {}

  async send(request: Request, response: Response, { digest, name }: StoredFile): Promise<void> {
    const found = await this.store.stat(digest);
    if (!found) throw new NotFoundError(digest);
    const etag = `"${digest}"`;
    response.setHeader('etag', etag);
    response.setHeader('accept-ranges', 'bytes');
    response.setHeader('cache-control', 'private, max-age=31536000, immutable');
    if (matches(request.headers['if-none-match'], etag)) {
      response.status(304).end();
      return;
    }
    const wantsRange = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const range = wantsRange ? this.rangeOf(request, response, found.bytes) : undefined;
    response.status(range ? 206 : 200);
    response.attachment(name);
    response.type(CONTENT_TYPES[extname(name)] ?? 'application/octet-stream');
    response.setHeader('content-length', range ? range.end - range.start + 1 : found.bytes);
    if (range) response.setHeader('content-range', `bytes ${range.start}-${range.end}/${found.bytes}`);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const { stream } = await this.store.get(digest, range);
    await pipeline(stream, response).catch((error: unknown) => {
      // A client that goes away is no fault of ours.
      if (!request.destroyed && !response.destroyed) throw error;
    });
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

function matches(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((tag) => [etag, '*'].includes(tag.trim().replace(/^W\//, '')));
}

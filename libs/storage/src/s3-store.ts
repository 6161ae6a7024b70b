import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { types } from 'node:util';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Config } from '#contracts';
import type { ArtifactStore, ByteRange, Opened, PutOptions, Source, Stored } from './artifact-store.js';
import { ObjectNotFoundError } from './errors.js';
import { fileError, removeStale, temporaryName, writeAtomically, writeFully } from './files.js';
import { spanOf } from './range.js';
import { createS3Client, s3Error, type S3Config, statusOf, translateErrors } from './s3-client.js';
import { presignedUrl } from './s3-presign.js';
import { type ObjectAddress, readObject } from './s3-read.js';
import { consume } from './source.js';
import { VerifyDigest } from './verify.js';

/** Parts are held in memory so that each can be sent again; `QUEUE` of them at a time bound the memory of an upload. */
const PART_BYTES = 8 * 1024 ** 2;
const QUEUE = 3;

export interface S3StoreOptions extends S3Config, Pick<Config, 's3DeviceEndpoint'> {
  readonly bucket: string;
  /** Folder within the bucket, without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** Folder for bytes whose digest, and so whose key, is not known before they have all come. */
  readonly spoolPath: string;
}

/**
 * The store in a bucket. Keys are digests, so a put that is repeated, or that two processes do at once, writes the same
 * object twice, and nothing depends on conditional writes.
 */
export class S3Store implements ArtifactStore {
  readonly #client: S3Client;
  readonly #where: string;

  private constructor(private readonly options: S3StoreOptions) {
    this.#client = createS3Client(options);
    this.#where = `s3://${options.bucket}${options.s3Endpoint ? ` at ${options.s3Endpoint}` : ''}`;
  }

  /** Makes the bucket when there is none. */
  static async open(options: S3StoreOptions): Promise<S3Store> {
    const store = new S3Store(options);
    try {
      await mkdir(options.spoolPath, { recursive: true });
      await store.#ensureBucket();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  async put(source: Source, options: PutOptions = {}): Promise<Stored> {
    const path = join(this.options.spoolPath, temporaryName());
    try {
      const file = await open(path, 'wx');
      const consumed = consume(source, options, (piece) => writeFully(file, piece));
      const { digest, bytes } = await consumed.finally(() => file.close());
      return await this.#upload(path, digest, bytes);
    } catch (error) {
      throw fileError(this.options.spoolPath, error);
    } finally {
      await rm(path, { force: true });
    }
  }

  async putFile(path: string, options: PutOptions = {}): Promise<Stored> {
    const stream = createReadStream(path, { highWaterMark: 1 << 20 });
    try {
      const { digest, bytes } = await consume(stream, options, async () => {});
      return await this.#upload(path, digest, bytes);
    } finally {
      stream.destroy();
    }
  }

  async get(digest: string, range: ByteRange = {}): Promise<Opened> {
    const found = await this.#head(digest);
    if (!found) throw new ObjectNotFoundError(digest);
    const span = spanOf(range, found.ContentLength ?? 0);
    const bytes = readObject(this.#client, this.#address(digest), found.ETag ?? '*', span.start, span.end);
    const stream = Readable.from(translateErrors(this.#where, digest, bytes), { objectMode: false });
    const check = span.isWhole ? new VerifyDigest(digest) : new PassThrough();
    return { stream: pipeline(stream, check, () => {}), bytes: span.bytes };
  }

  async getToFile(digest: string, path: string): Promise<void> {
    await writeAtomically((await this.get(digest)).stream, path);
  }

  async stat(digest: string): Promise<{ bytes: number } | null> {
    const found = await this.#head(digest);
    return found && { bytes: found.ContentLength ?? 0 };
  }

  async presign(digest: string, seconds: number): Promise<string | null> {
    const { s3Endpoint, s3DeviceEndpoint, s3Region: region } = this.options;
    const endpoint = s3DeviceEndpoint ?? s3Endpoint;
    const place = { client: this.#client, region, endpoint, expiresIn: seconds };
    return this.#request(digest, () => presignedUrl(this.#address(digest), place));
  }

  async delete(digest: string): Promise<void> {
    await this.#request(digest, () => this.#client.send(new DeleteObjectCommand(this.#address(digest))));
  }

  async sweep(olderThanMs: number): Promise<number> {
    const before = Date.now() - olderThanMs;
    let removed = await removeStale(this.options.spoolPath, olderThanMs);
    const { bucket: Bucket } = this.options;
    const Prefix = this.#address('').Key;
    let markers: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
    while (markers) {
      const listing: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket, Prefix, ...markers });
      const page = await this.#request('', () => this.#client.send(listing));
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (!Key || !UploadId || (Initiated?.getTime() ?? 0) > before) continue;
        await this.#request(Key, () => this.#client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })));
        removed += 1;
      }
      markers = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null;
    }
    return removed;
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #address(digest: string): ObjectAddress {
    return { Bucket: this.options.bucket, Key: this.options.prefix ? `${this.options.prefix}/${digest}` : digest };
  }

  async #head(digest: string): Promise<HeadObjectCommandOutput | null> {
    return this.#request(digest, async () => {
      try {
        return await this.#client.send(new HeadObjectCommand(this.#address(digest)));
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  /** The digest is checked once more on the way out: the file may have changed since it was first read. */
  async #upload(path: string, digest: string, bytes: number): Promise<Stored> {
    const found = await this.#head(digest);
    if (found?.ContentLength === bytes && found.Metadata?.['sha256'] === digest)
      return { digest, bytes, deduplicated: true };
    const target = { ...this.#address(digest), Metadata: { sha256: digest } };
    await this.#request(digest, async () => {
      if (bytes <= PART_BYTES) {
        const body = await readFile(path);
        await consume(body, { expectedDigest: digest }, async () => {});
        await this.#client.send(new PutObjectCommand({ ...target, Body: body }));
      } else {
        const Body = pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), new VerifyDigest(digest), () => {});
        await new Upload({
          client: this.#client,
          params: { ...target, Body },
          partSize: PART_BYTES,
          queueSize: QUEUE,
        }).done();
      }
    });
    return { digest, bytes, deduplicated: false };
  }

  async #ensureBucket(): Promise<void> {
    const Bucket = this.options.bucket;
    await this.#request(Bucket, async () => {
      try {
        await this.#client.send(new HeadBucketCommand({ Bucket }));
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        await this.#client.send(new CreateBucketCommand({ Bucket })).catch(ignoreOwned);
      }
    });
  }

  async #request<T>(what: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw s3Error(this.#where, what, error);
    }
  }
}

/** Another process made the bucket in the same moment. */
function ignoreOwned(error: unknown): void {
  if (!types.isNativeError(error) || !['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes(error.name))
    throw error;
}

import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import type { ObjectAddress } from './s3-read.js';

/** Where an object is reached, and by whom the store knows the client. */
interface PresignOptions {
  client: S3Client;
  region: string;
  /** Of a compatible server; absent for AWS. */
  endpoint?: string | undefined;
  expiresIn: number;
}

/** The body, which a reader has none of, is no part of what is signed. */
const UNSIGNED = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };

/**
 * An address from which anyone may read the object for so many seconds: Signature Version 4 in the query, see
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html. Computed here; nothing is asked.
 */
export async function presignedUrl({ Bucket, Key }: ObjectAddress, options: PresignOptions): Promise<string> {
  const { client, region, endpoint, expiresIn } = options;
  const base = new URL(endpoint ?? `https://${Bucket}.s3.${region}.amazonaws.com`);
  const folder = base.pathname.replace(/\/+$/, '');
  const path = endpoint === undefined ? `/${Key}` : `${folder}/${Bucket}/${Key}`;
  const { credentials } = client.config;
  const signer = new SignatureV4({ service: 's3', region, credentials, sha256: Sha256, uriEscapePath: false });
  const { protocol, hostname, port, host } = base;
  const request = { method: 'GET', protocol, hostname, path, headers: { host, ...UNSIGNED }, query: {} };
  const signed = await signer.presign({ ...request, ...(port ? { port: Number(port) } : {}) }, { expiresIn });
  const query = Object.entries(signed.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  return `${protocol}//${host}${path}?${new URLSearchParams(query).toString()}`;
}

/** SHA-256, with a key HMAC, in the form that the signer takes. */
class Sha256 {
  private hash: Hash | Hmac;

  constructor(private readonly key?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = begin(key);
  }

  update(bytes: Uint8Array): void {
    this.hash.update(bytes);
  }

  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.hash.digest());
  }

  reset(): void {
    this.hash = begin(this.key);
  }
}

function begin(key: string | ArrayBuffer | ArrayBufferView | undefined): Hash | Hmac {
  if (key === undefined) return createHash('sha256');
  if (typeof key === 'string') return createHmac('sha256', key);
  const bytes = ArrayBuffer.isView(key)
    ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength)
    : new Uint8Array(key);
  return createHmac('sha256', bytes);
}

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createTestBucket, startTcpProxy, type TcpProxy, type TestBucket } from '#testing';
import { describeArtifactStore, sha256 } from './artifact-store.conformance.js';
import type { ArtifactStore } from './artifact-store.js';
import { ObjectNotFoundError, StoreAccessError } from './errors.js';
import { openStore } from './open-store.js';
import { openUri } from './open-uri.js';
import { createS3Client } from './s3-client.js';
import { presignedUrl } from './s3-presign.js';

let workPath: string;
let bucket: TestBucket;
beforeAll(async () => {
  workPath = await mkdtemp(join(tmpdir(), 'coldpress-s3-'));
  bucket = await createTestBucket();
});
afterAll(() => rm(workPath, { recursive: true, force: true }));

const bucketName = (): string => new URL(bucket.storeUrl).hostname;

describeArtifactStore('the S3 store', async () => ({
  open: () => openStore({ ...bucket, workPath }),
  damage: async (digest, bytes) => {
    const client = createS3Client(bucket);
    await client.send(
      new PutObjectCommand({
        Bucket: bucketName(),
        Key: `artifacts/${digest}`,
        Body: bytes,
        Metadata: { sha256: digest },
      }),
    );
    client.destroy();
  },
}));

describe('the S3 store', () => {
  it.each([
    ['secret', { s3SecretAccessKey: 'wrong' }],
    ['key', { s3AccessKeyId: 'unknown' }],
  ])('says so at once when the %s is wrong', async (_what, wrong) => {
    await expect(openStore({ ...bucket, ...wrong, workPath })).rejects.toThrow(StoreAccessError);
  });

  it('gives addresses from which anyone reads an artifact, and no other, for a while', async () => {
    const store = await openStore({ ...bucket, workPath });
    const bytes = randomBytes(100);
    const { digest } = await store.put(bytes);
    const url = new URL((await store.presign(digest, 60)) ?? '');
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(bytes);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
    const other = await store.put(randomBytes(100));
    const forged = new URL(url.href.replace(digest, other.digest));
    expect((await fetch(forged)).status).toBe(403);
    expect((await fetch(new URL(url.pathname, url))).status).toBe(403);
    await store.close();
  });

  it('addresses its server as devices reach it, or AWS by the name of the bucket', async () => {
    const elsewhere = { ...bucket, s3DeviceEndpoint: 'https://store.example.org:444/s3', workPath };
    const store = await openStore(elsewhere);
    const { digest } = await store.put(randomBytes(10));
    const url = (await store.presign(digest, 60)) ?? '';
    expect(url).toMatch(`https://store.example.org:444/s3/${bucketName()}/artifacts/${digest}?`);
    await store.close();
    const client = createS3Client({ ...bucket, s3Endpoint: undefined });
    const address = { Bucket: 'models', Key: 'a' };
    expect(await presignedUrl(address, { client, region: 'eu-west-1', expiresIn: 9 })).toMatch(
      'https://models.s3.eu-west-1.amazonaws.com/a?',
    );
    client.destroy();
  });

  it('sweeps up multipart uploads that nobody finished', async () => {
    const store = await openStore({ ...bucket, workPath });
    const client = createS3Client(bucket);
    const key = `artifacts/${sha256(randomBytes(1))}`;
    await client.send(new CreateMultipartUploadCommand({ Bucket: bucketName(), Key: key }));
    expect(await store.sweep(3_600_000)).toBe(0);
    expect(await store.sweep(-60_000)).toBe(1);
    expect((await client.send(new ListMultipartUploadsCommand({ Bucket: bucketName() }))).Uploads ?? []).toEqual([]);
    client.destroy();
    await store.close();
  });

  it('opens an object elsewhere on the server by its URI', async () => {
    const store = await openStore({ ...bucket, workPath });
    const bytes = randomBytes(1000);
    const client = createS3Client(bucket);
    await client.send(new PutObjectCommand({ Bucket: bucketName(), Key: 'models/my net.onnx', Body: bytes }));
    client.destroy();
    const opened = await openUri(`s3://${bucketName()}/models/my%20net.onnx`, bucket);
    expect(opened.bytes).toBe(1000);
    expect((await buffer(opened.stream)).equals(bytes)).toBe(true);
    await expect(openUri(`s3://${bucketName()}/models/none.onnx`, bucket)).rejects.toThrow(ObjectNotFoundError);
    await store.close();
  });
});

describe('the S3 store behind a bad network', () => {
  let proxy: TcpProxy;
  let store: ArtifactStore;
  const bytes = randomBytes(20 * 1024 ** 2);

  beforeAll(async () => {
    proxy = await startTcpProxy(Number(new URL(bucket.s3Endpoint).port));
    store = await openStore({ ...bucket, s3Endpoint: `http://127.0.0.1:${proxy.port}`, workPath });
  });
  afterAll(async () => {
    await store.close();
    await proxy.close();
  });

  it('finishes an upload although the server is away for a while', async () => {
    const storing = store.put(bytes);
    await sleep(150);
    await proxy.stop();
    await sleep(1500);
    await proxy.restore();
    expect((await storing).digest).toBe(sha256(bytes));
    expect((await buffer((await store.get(sha256(bytes))).stream)).equals(bytes)).toBe(true);
  });

  it('takes up a read where the connection broke, as often as it breaks', async () => {
    await store.put(bytes);
    proxy.cutAfter(5_000_000, 3);
    expect((await buffer((await store.get(sha256(bytes))).stream)).equals(bytes)).toBe(true);
  });

  it('takes up a read after a restart of the server under way', async () => {
    await store.put(bytes);
    const { stream } = await store.get(sha256(bytes));
    const pieces: Buffer[] = [];
    for await (const piece of stream) {
      pieces.push(piece as Buffer);
      if (pieces.length !== 3) continue;
      await proxy.stop();
      setTimeout(() => void proxy.restore(), 1000);
    }
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it('does not wait for ever on a connection that has gone quiet', async () => {
    await store.put(bytes);
    const { stream } = await store.get(sha256(bytes));
    const pieces: Buffer[] = [];
    for await (const piece of stream) {
      pieces.push(piece as Buffer);
      if (pieces.length !== 3) continue;
      proxy.hang();
      setTimeout(() => void proxy.restore(), 1000);
    }
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });
});

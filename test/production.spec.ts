import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toEnvironment, type Model } from '#contracts';
import { openStore } from '#storage';
import { createTestBucket, createTestDatabase, createTestRedis, type TestBucket } from '#testing';
import { pushDataset } from '../apps/cli/src/uploads.js';
import { ended, EXAMPLE, startApp, type TestApp } from './app.js';

const RECIPE = `passes:
  - pass: quantize
    options: { samples: 32 }
  - pass: evaluate
    options: { samples: 100, latencyRuns: 5 }
gates:
  - { metric: bytes, maxRatio: 0.3 }
`;

describe('on Redis, an S3 store and a PostgreSQL of its own', () => {
  let app: TestApp;
  let bucket: TestBucket;

  beforeAll(async () => {
    const [s3, redisUrl, databaseUrl] = await Promise.all([
      createTestBucket(),
      createTestRedis(),
      createTestDatabase(),
    ]);
    bucket = s3;
    app = await startApp({ environment: toEnvironment({ ...bucket, redisUrl, databaseUrl }) });
  });
  afterAll(() => app?.stop(), 60_000);

  it('runs a job whose model was registered by its s3:// URI, and keeps the result under its digest in the bucket', async () => {
    const store = await openStore({ ...bucket, workPath: app.data });
    const { digest } = await store.put(await readFile(join(EXAMPLE, 'seed-net.onnx')));
    const registered = await fetch(`${app.url}/v1/models`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `${bucket.storeUrl}/${digest}`, name: 'from the bucket' }),
    });
    expect({ status: registered.status, model: (await registered.json()) as Model }).toMatchObject({
      status: 201,
      model: { id: digest, name: 'from the bucket' },
    });

    const dataset = await pushDataset(app.client, join(EXAMPLE, 'dataset.yaml'), ['mnist-train.npz', 'mnist-test.npz']);
    const job = await ended(
      app.client,
      await app.client.submitJob({ body: { model: digest, dataset: dataset.id, recipe: RECIPE } }),
    );
    expect({ state: job.state, gatesPassed: job.gatesPassed, error: job.error }).toEqual({
      state: 'succeeded',
      gatesPassed: true,
      error: null,
    });
    const model = job.stages[0]!.artifacts.find(({ name }) => name === 'model.onnx')!;
    expect(await store.stat(model.digest)).toEqual({ bytes: model.bytes });
    await store.close();
  });

  it('names the object when a URI leads nowhere', async () => {
    const response = await fetch(`${app.url}/v1/models`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `${bucket.storeUrl}/nothing.onnx` }),
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ status: 404, detail: expect.stringContaining('nothing.onnx') });
  });
});

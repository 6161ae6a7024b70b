import { rename, rm, writeFile } from 'node:fs/promises';
import { startTcpProxy, type TcpProxy } from '#testing';
import { holdProcess, WorkerHarness } from './worker-harness.js';

/** A training of a second or two, and a stage after it that needs what the training left in the store. */
const RECIPE = {
  seed: 21,
  passes: [
    { pass: 'train', options: { epochs: 2, batchSize: 32 } },
    { pass: 'prune', options: { granularity: 'weight', ratio: 0.5 } },
  ],
};

describe('an outage in the middle of a stage costs the job nothing', () => {
  let harness: WorkerHarness;
  let proxy: TcpProxy | undefined;
  afterEach(async () => {
    await harness.stop();
    await proxy?.close();
    proxy = undefined;
  });

  async function succeeds(id: string): Promise<void> {
    const job = await harness.end(id);
    expect(job.error).toBeNull();
    expect(job.stages.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['succeeded', 1],
      ['succeeded', 1],
    ]);
  }

  it('when the store is away: the result waits for it, and the log says so', async () => {
    harness = await WorkerHarness.start('postgres');
    const training = await holdProcess(await harness.startWorker());
    const { id } = await harness.submit(RECIPE);
    await training.isAsked();
    const store = new URL(harness.config.storeUrl!).pathname;
    await rename(store, `${store}.away`);
    await writeFile(store, 'not a folder');
    training.goOn();
    await harness.event(id, (event) => event.type === 'log' && event.line.includes('the result waits'));
    await rm(store);
    await rename(`${store}.away`, store);
    await succeeds(id);
  });

  it('when the database is away: the stage ends meanwhile and is recorded when it is back', async () => {
    harness = await WorkerHarness.start('redis');
    const url = new URL(harness.config.databaseUrl!);
    proxy = await startTcpProxy(Number(url.port));
    url.port = String(proxy.port);
    const worker = await harness.startWorker({ databaseUrl: url.href });
    const training = await holdProcess(worker);
    const { id } = await harness.submit(RECIPE);
    await training.isAsked();
    await proxy.stop();
    training.goOn();
    await training.isGone();
    await proxy.restore();
    await succeeds(id);
  });
});

import { join, resolve } from 'node:path';
import { toEnvironment } from '#contracts';
import { connect, type Database } from '#database';
import { createTestDatabase, EMPTY_INSPECTION } from '#testing';
import type { Page, Request } from 'playwright-core';
import { pushDataset, pushModel } from '../apps/cli/src/uploads.js';
import { EXAMPLE, startApp, type TestApp } from './app.js';
import { atRest, openPage, requestsOf, setHidden, signIn, type OpenPage } from './browser.js';
import { auditOf, UNSTUCK } from './dashboard-audit.js';
import { insertManyJobs } from './many-jobs.js';

const SCREENSHOTS = resolve(__dirname, '../test-results');
const MINUTE = 60_000;

describe('the page with many jobs, over an hour', () => {
  let app: TestApp;
  let browser: OpenPage;
  let page: Page;
  let database: Database;
  let ended: string;

  beforeAll(async () => {
    const databaseUrl = await createTestDatabase();
    app = await startApp({ environment: toEnvironment({ databaseUrl }) });
    database = connect(databaseUrl);
    ended = (await insertManyJobs(database, { succeeded: 120 })).succeeded[0]!;
    browser = await openPage();
    page = browser.page;
    await page.clock.install();
    await signIn(page, app);
  });
  afterAll(async () => {
    await browser?.close();
    await database?.close();
    await app?.stop();
  });

  const rows = () => page.locator('tbody tr').count();
  const first = (name: string) => page.locator('tbody tr').first().getByRole('link', { name, exact: true }).waitFor();

  it('leads to every job, a page at a time, and back', async () => {
    await first('succeeded 120');
    expect(await rows()).toBe(50);
    await page.getByRole('link', { name: 'Older jobs' }).click();
    await first('succeeded 70');
    await page.getByRole('link', { name: 'Older jobs' }).click();
    await first('succeeded 20');
    expect(await rows()).toBe(20);
    await page.getByText('These are the oldest.').waitFor();
    await page.reload();
    await first('succeeded 20');
    await page.goBack();
    await first('succeeded 70');
    await page.getByRole('link', { name: 'Newest' }).click();
    await first('succeeded 120');
  });

  it('pages through what the filters leave', async () => {
    await insertManyJobs(database, { failed: 60 });
    await database.pool.query(`update jobs set created_at = created_at + interval '1 hour' where state = 'failed'`);
    await page.getByLabel('State').selectOption('failed');
    await first('failed 60');
    await page.getByRole('link', { name: 'Older jobs' }).click();
    await first('failed 10');
    expect(page.url()).toContain('state=failed');
    expect(await rows()).toBe(10);
    expect(await auditOf(page)).toEqual([]);
    await page.getByLabel('State').selectOption('succeeded');
    await first('succeeded 120');
    await page.getByLabel('State').selectOption('');
    await first('failed 60');
  });

  it('asks for the list four times a minute while all is at rest, and never while nobody looks', async () => {
    // From here on the page's clock moves by these minutes alone, whatever they take.
    await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 1000);
    const asked = requestsOf(page);
    const next = page.waitForRequest(/\/v1\/jobs\?/);
    await page.clock.runFor(MINUTE);
    await (await next).response();
    expect(asked().length).toBeLessThanOrEqual(4);
    await setHidden(page, true);
    const hidden = requestsOf(page);
    await page.clock.runFor(60 * MINUTE);
    expect(hidden()).toEqual([]);
    await Promise.all([page.waitForResponse(/\/v1\/jobs\?/), setHidden(page, false)]);
    await page.clock.resume();
  });

  it('asks for nothing more on the page of a job that has ended', async () => {
    const isStream = (request: Request) => request.url().endsWith('/events');
    const told = Promise.race([
      page.waitForEvent('requestfinished', isStream),
      page.waitForEvent('requestfailed', isStream),
    ]);
    await page.goto(`${app.url}/#/jobs/${ended}`);
    await page.getByRole('heading', { name: 'succeeded 1' }).waitFor();
    // Minutes pass in no time here: a stream that is still open would count as silent.
    await told;
    await atRest(page);
    const asked = requestsOf(page);
    await page.clock.runFor(60 * MINUTE);
    expect(asked()).toEqual([]);
  });

  it('says that the server does not answer, tries again, and goes on when it does', async () => {
    await page.route('**/events', (route) => route.abort());
    await page.goto(`${app.url}/#/jobs`);
    await page.goto(`${app.url}/#/jobs/${ended}`);
    await page.getByText('The server does not answer; it is tried again.').waitFor();
    await page.unroute('**/events');
    await page.clock.runFor(20_000);
    await page.getByRole('heading', { name: 'succeeded 1' }).waitFor();
  });

  it('draws a hundred models at a time, and finds one among all', async () => {
    await database.pool.query(
      `insert into models (id, name, bytes, inspection, created_at)
       select lpad(i::text, 64, '0'), 'net ' || i, 1, $1, now() - i * interval '1 minute' from generate_series(1, 150) i`,
      [EMPTY_INSPECTION],
    );
    await page.goto(`${app.url}/#/models`);
    const cards = page.locator('.cards > li');
    await page.getByRole('heading', { name: 'net 1', exact: true }).waitFor();
    expect(await cards.count()).toBe(100);
    await page.getByRole('button', { name: 'Show 51 more' }).click();
    await page.getByRole('heading', { name: 'net 150', exact: true }).waitFor();
    expect(await cards.count()).toBe(151);
    await page.reload();
    await page.getByLabel('Name', { exact: true }).fill('net 149');
    await page.getByRole('heading', { name: 'net 149', exact: true }).waitFor();
    await cards.nth(1).waitFor({ state: 'detached' });
  });

  it('compares nothing where nothing was measured, and says so', async () => {
    await page.goto(`${app.url}/#/compare`);
    await page.getByText('Nothing to compare yet').waitFor();
    expect(await auditOf(page)).toEqual([]);
  });

  it('tells in words that a job waits, draws what a training learns, and goes on where a cancelled job is retried', async () => {
    const { client } = app;
    const model = await pushModel(client, join(EXAMPLE, 'seed-net.onnx'));
    const dataset = await pushDataset(client, join(EXAMPLE, 'dataset.yaml'), ['mnist-train.npz', 'mnist-test.npz']);
    const submit = (name: string, recipe: string) =>
      client.submitJob({ body: { name, model: model.id, dataset: dataset.id, recipe } });
    const long = await submit('long', 'passes: [{ pass: train, options: { epochs: 500, batchSize: 16 } }]');
    await page.goto(`${app.url}/#/jobs/${long.id}`);
    const curve = page.getByRole('img', { name: /^loss over step, from [\d.]+ to [\d.]+$/ });
    await curve.waitFor();
    expect(await page.locator('.curves figcaption').allTextContents()).not.toContainEqual(
      expect.stringMatching(/eta|epoch|samples/),
    );
    await page.locator('.curves figure').first().getByText('step', { exact: true }).waitFor();
    expect(await page.title()).toMatch(/^\d+ % · long – Coldpress$/);
    expect(await auditOf(page)).toEqual([]);
    await page.screenshot({ path: join(SCREENSHOTS, 'job-training.png'), fullPage: true, style: UNSTUCK });
    const waiting = await submit('waiting', 'passes: [{ pass: analyze, options: { samples: 32, widths: [4] } }]');
    await page.goto(`${app.url}/#/jobs/${waiting.id}`);
    await page.getByText(/^Queued: waits for a worker.+No job waits before it\. Running now: “long”\./).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText(/^Cancelled/).waitFor();
    await client.cancelJob(long);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Done.', { exact: true }).waitFor();
  });

  it('raises no error in the console', () => {
    expect(browser.problems).toEqual([]);
  });
});

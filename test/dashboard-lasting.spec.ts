import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { pushDataset, pushModel } from '../apps/cli/src/uploads.js';
import { startTcpProxy, type TcpProxy } from '#testing';
import { EXAMPLE, startApp, type TestApp } from './app.js';
import { atRest, heapOf, openPage, requestsOf, signIn, type OpenPage } from './browser.js';
import { auditOf } from './dashboard-audit.js';
import { startLiveSweep } from './live-sweep.js';

/** A name that is not that of this machine's loopback: browsers trust plain http to it no more than to any other. */
const NAME = 'coldpress.test';
const PRUNE = 'passes:\n  - { pass: prune, options: { granularity: weight, ratio: RATIO } }\n';
const ENDLESS = 'passes: [{ pass: train, options: { epochs: 1000, batchSize: 1 } }]';
const SWEEP =
  PRUNE.replace('RATIO', '{ grid: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] }') +
  '  - { pass: evaluate, options: { samples: 100, latencyRuns: 5 } }\n' +
  'objectives: [{ metric: compressedBytes }, { metric: top1 }]\nlimits: { parallel: 1 }\n';
const QUIET_MS = 3000;
/** As many as an hour of a sweep has that ends a trial a second. */
const EVENTS = 3600;
const EVENTS_PER_SECOND = 200;
const MOST_GROWTH_BYTES = 8e6;

/** The page where people leave it open, lose the server, or reach it in ways that browsers trust less. */
describe('the page that stays open', () => {
  let app: TestApp;
  let browser: OpenPage;
  let page: Page;
  let proxy: TcpProxy;
  let model: string;
  let dataset: string;

  beforeAll(async () => {
    [app, browser] = await Promise.all([startApp(), openPage([`--host-resolver-rules=MAP ${NAME} 127.0.0.1`])]);
    page = browser.page;
    proxy = await startTcpProxy(Number(new URL(app.url).port));
    model = (await pushModel(app.client, join(EXAMPLE, 'seed-net.onnx'))).id;
    await signIn(page, { ...app, url: `http://127.0.0.1:${proxy.port}` });
    dataset = (await pushDataset(app.client, join(EXAMPLE, 'dataset.yaml'), ['mnist-train.npz', 'mnist-test.npz'])).id;
  });
  afterAll(async () => {
    await browser?.close();
    await proxy?.close();
    await app?.stop();
  });

  it('submits a job over plain http from another name than localhost, which browsers do not trust', async () => {
    await signIn(page, { ...app, url: `http://${NAME}:${new URL(app.url).port}` });
    expect(await page.evaluate('[isSecureContext, typeof crypto.randomUUID]')).toEqual([false, 'undefined']);
    await page.goto(`${page.url().split('#')[0]}#/new?model=${model}`);
    await page.locator('textarea[name=recipe]').fill(PRUNE.replace('RATIO', '0.5'));
    await page.getByLabel('Name', { exact: true }).fill('from afar');
    await page.getByText('This job can run').waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { name: 'from afar' }).waitFor();
    await page.locator('.heading .badge.succeeded').waitFor();
  });

  it('asks for nothing once the job of its page has ended', async () => {
    await page.getByRole('region', { name: 'Artifacts' }).waitFor();
    await atRest(page);
    const asked = requestsOf(page);
    await page.waitForTimeout(QUIET_MS);
    expect(asked()).toEqual([]);
  });

  it('clones a job, and foretells that its stage is found in the cache', async () => {
    await page.getByRole('link', { name: 'Clone' }).click();
    await page.getByRole('heading', { name: 'New job' }).waitFor();
    await page.getByText('This job can run: 1 stage, 1 of them cached').waitFor();
    expect(await page.locator('textarea[name=recipe]').inputValue()).toContain('ratio: 0.5');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('region', { name: 'Stages' }).getByText('from job from afar').waitFor();
  });

  it('loses the server in the middle of a sweep, says so, and goes on with it', async () => {
    // The trials wait behind it until it is cancelled.
    const long = await app.client.submitJob({ body: { model, dataset, recipe: ENDLESS } });
    const { id } = await app.client.launchSweep({ body: { name: 'lost', model, dataset, sweep: SWEEP } });
    await page.goto(`http://127.0.0.1:${proxy.port}/#/sweeps/${id}`);
    await page.locator('.heading .badge.running').waitFor();
    await proxy.stop();
    await page.getByText(/it is tried again/).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await app.client.cancelJob(long);
    await proxy.restore();
    await page.getByText(/it is tried again/).waitFor({ state: 'detached' });
    await page.locator('.heading .badge.finished').waitFor();
    await page.getByText('6 of 6 trials').waitFor();
  });

  it('loses the server between the record of a sweep and its trials, says so, and reads them later', async () => {
    const [sweep] = (await app.client.listSweeps()).items;
    await page.route(/\/columns/, (route) => route.abort());
    await page.goto('about:blank');
    await page.goto(`http://127.0.0.1:${proxy.port}/#/sweeps/${sweep?.id}`);
    await page.getByText(/it is tried again/).waitFor();
    await page.unroute(/\/columns/);
    await page.getByRole('heading', { name: '6 trials', exact: true }).waitFor();
    await page.getByText(/it is tried again/).waitFor({ state: 'detached' });
  });

  it('loses the server on the way to any page, says so, and shows the page once the server is back', async () => {
    const [sweep] = (await app.client.listSweeps()).items;
    const [job] = (await app.client.listJobs({ q: 'from afar' })).items;
    const [device] = (await app.client.listDevices()).items;
    const places: [address: string, shown: (tab: Page) => Locator][] = [
      ['sweeps', (tab) => tab.getByRole('link', { name: 'lost' })],
      [`sweeps/${sweep?.id}`, (tab) => tab.getByRole('heading', { name: '6 trials', exact: true })],
      [`jobs/${job?.id}`, (tab) => tab.getByRole('region', { name: 'Artifacts' })],
      ['models', (tab) => tab.getByRole('heading', { name: 'seed-net.onnx' })],
      [`models/${model}`, (tab) => tab.getByRole('group', { name: 'Graph of the model' }).locator('text').first()],
      [`data?samples=${dataset}&as=${model}`, (tab) => tab.getByRole('img', { name: /as the model gets it/ }).first()],
      ['devices', (tab) => tab.getByRole('heading', { name: 'local' })],
      [`devices/${device?.id}`, (tab) => tab.getByText('It has measured nothing yet')],
      ['system', (tab) => tab.getByRole('region', { name: 'Storage' }).getByText('Data sets')],
      [`compare?model=${model}&pick=${job?.id}`, (tab) => tab.getByRole('row', { name: /^data set/ })],
      ['api', (tab) => tab.getByText('GET /v1/jobs', { exact: false }).first()],
      [`new?job=${job?.id}`, (tab) => tab.getByText('This job can run')],
    ];
    const tabs = await Promise.all(
      places.map(async () => {
        const tab = await page.context().newPage();
        await tab.addInitScript(`sessionStorage.setItem('coldpress-api-key', '${app.apiKey}')`);
        await tab.goto(`http://127.0.0.1:${proxy.port}`);
        await tab.getByRole('heading', { name: 'Jobs' }).waitFor();
        return tab;
      }),
    );
    await proxy.stop();
    const lost = (tab: Page) => tab.getByText(/it is tried again/);
    await Promise.all(
      tabs.map(async (tab, index) => {
        await tab.evaluate(`location.hash = '#/${places[index]?.[0]}'; undefined`);
        await lost(tab).waitFor();
        expect(await tab.getByRole('alert').count()).toBe(0);
      }),
    );
    await proxy.restore();
    await Promise.all(
      tabs.map(async (tab, index) => {
        await places[index]?.[1](tab).waitFor();
        await lost(tab).waitFor({ state: 'detached' });
        await tab.close();
      }),
    );
  });

  it('loses the server while it finds, uploads and submits: what was typed and chosen is taken up, and makes one job', async () => {
    await page.goto(`http://127.0.0.1:${proxy.port}/#/new?model=${model}`);
    await page.locator('textarea[name=recipe]').fill(PRUNE.replace('RATIO', '0.25'));
    await page.getByLabel('Name', { exact: true }).fill('submitted twice');
    await page.getByText('This job can run').waitFor();
    await proxy.stop();
    await page.getByLabel('Upload model', { exact: true }).setInputFiles(join(EXAMPLE, '../lenet/lenet-300-100.onnx'));
    await page.keyboard.press('Control+k');
    await page.getByLabel('Find', { exact: true }).fill('afar');
    await page.getByText(/it is tried again/).waitFor();
    const again = page.getByRole('button', { name: 'Upload it again' });
    await again.waitFor();
    await proxy.restore();
    await page.getByRole('list', { name: 'Found' }).getByRole('link', { name: 'from afar' }).first().waitFor();
    await page.keyboard.press('Escape');
    await again.click();
    await page.locator('select[name=model] option:checked', { hasText: 'lenet' }).waitFor({ state: 'attached' });
    await page.locator('select[name=model]').selectOption(model);
    await page.getByText('This job can run').waitFor();
    // The server takes it, and its answer is lost.
    await page.route('**/v1/jobs', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await route.fetch();
      await route.abort();
    });
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('alert').getByText('the server does not answer').waitFor();
    await page.unroute('**/v1/jobs');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { name: 'submitted twice' }).waitFor();
    expect((await app.client.listJobs({ q: 'submitted twice' })).items).toHaveLength(1);
  });

  it('clones the best trial of a sweep as a job', async () => {
    const [sweep] = (await app.client.listSweeps()).items;
    await page.goto(`http://127.0.0.1:${proxy.port}/#/sweeps/${sweep?.id}`);
    await page.getByRole('link', { name: /^by compressed.*, trial 5$/ }).click();
    await page.getByRole('heading', { name: 'New job' }).waitFor();
    await page.getByText('This job can run').waitFor();
    expect(await page.locator('textarea[name=recipe]').inputValue()).toContain('ratio: 0.6');
  });

  it('compares a trial of the sweep with a job, one of them pinned, under a name that is kept', async () => {
    const trials = (await app.client.listTrials({ id: (await app.client.listSweeps()).items[0]?.id ?? '' })).items;
    const [job] = (await app.client.listJobs({ q: 'from afar' })).items;
    await page.goto(`http://127.0.0.1:${proxy.port}/#/compare?pick=${job?.id}`);
    const side = page.getByRole('region', { name: 'Side by side' });
    await side.getByLabel('Add a job or a trial').fill(`http://x/#/jobs/${trials[5]?.jobId}`);
    await side.getByRole('button', { name: 'Add', exact: true }).click();
    await side.getByRole('row', { name: /^prune ratio 0.5 0.6/ }).waitFor();
    await side.getByRole('button', { name: /^pin as baseline.*from afar$/ }).click();
    await side.getByText(/^[÷×] \d+\.\d+$/).first().waitFor(); // prettier-ignore
    await page.getByLabel('Save this view as').fill('ratios');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('link', { name: 'ratios' }).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await page.goto(`http://127.0.0.1:${proxy.port}/#/compare`);
    await page.getByRole('link', { name: 'ratios' }).click();
    await side.getByRole('row', { name: /^prune ratio 0.5 0.6/ }).waitFor();
    expect(page.url()).toMatch(/pick=.*pin=/);
    await page.getByRole('button', { name: /remove the view ratios$/ }).click();
    await page.getByRole('button', { name: 'Bring it back' }).click();
    await page.getByRole('link', { name: 'ratios' }).waitFor();
  });

  it('keeps the trials that cross a brush which is dragged along an axis, until a click takes it away', async () => {
    const live = await startLiveSweep({ target: app.url, trials: 300, eventsPerSecond: 0 });
    await signIn(page, { ...app, url: live.url });
    await page.goto(`${live.url}/#/sweeps/${live.id}`);
    await page.getByRole('heading', { name: '300 trials', exact: true }).waitFor();
    const plot = page.getByRole('img', { name: /^parallel coordinates/ });
    await plot.scrollIntoViewIfNeeded();
    const { x = 0, y = 0, width = 0, height = 0 } = (await plot.boundingBox()) ?? {};
    const drag = async (from: number, to: number) => {
      await page.mouse.move(x + width - 64, y + from * height);
      await page.mouse.down();
      await page.mouse.move(x + width - 64, y + to * height, { steps: 4 });
      await page.mouse.up();
    };
    await drag(0.25, 0.55);
    await page.waitForURL(/p\.top-1=/);
    await page.getByRole('heading', { name: /^\d+ of 300 trials$/ }).waitFor();
    await drag(0.4, 0.4);
    await page.getByRole('heading', { name: '300 trials', exact: true }).waitFor();
    await page.goto(`${live.url}/#/jobs`);
    await live.close();
  });

  it('holds no more memory and asks no more often, however long a sweep tells of its trials', async () => {
    const live = await startLiveSweep({ target: app.url, trials: 300, eventsPerSecond: EVENTS_PER_SECOND });
    await signIn(page, { ...app, url: live.url });
    await page.goto(`${live.url}/#/sweeps/${live.id}`);
    await page.getByRole('heading', { name: '300 trials', exact: true }).waitFor();
    const until = async (events: number) => {
      while (live.told() < events) await page.waitForTimeout(250);
    };
    await until(EVENTS / 4);
    const before = await heapOf(page);
    const [asked, since] = [requestsOf(page), performance.now()];
    await until(EVENTS);
    const [count, seconds] = [asked().length, (performance.now() - since) / 1000];
    expect((await heapOf(page)) - before).toBeLessThan(MOST_GROWTH_BYTES);
    // The record every two seconds, what follows from it every five, and what is being asked at the edges.
    expect(count).toBeLessThan(seconds / 2 + 2 * (seconds / 5) + 6);
    await page.goto(`${live.url}/#/jobs`);
    await live.close();
  });

  it('raises no error in the console', () => {
    const isOurs = (problem: string) => !/net::|Cross-Origin-Opener-Policy|Failed to fetch/.test(problem);
    expect(browser.problems.filter(isOurs)).toEqual([]);
  });
});

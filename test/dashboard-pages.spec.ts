import { join, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { pushDataset, pushModel } from '../apps/cli/src/uploads.js';
import { EXAMPLE, startApp, type App } from './app.js';
import { openPage, signIn, type OpenPage } from './browser.js';
import { auditOf } from './dashboard-audit.js';

const SCREENSHOTS = resolve(__dirname, '../test-results');

/** The pages of the top bar besides jobs and sweeps. */
describe('the pages of models, data, devices, the system and the API', () => {
  let app: App;
  let browser: OpenPage;
  let page: Page;

  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    [app, browser] = await Promise.all([startApp(), openPage()]);
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  const shot = (name: string) => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  const goTo = (title: string) => page.getByRole('navigation', { name: 'Main' }).getByText(title).click();

  it('shows the API to whoever opens /docs, without a key, and finds a route by a word', async () => {
    await page.goto(`${app.url}/docs`);
    await page.getByText('POST /v1/jobs/preflight').waitFor();
    await page.getByText('POST /v1/models', { exact: false }).first().click();
    await page.getByText('Body: application/octet-stream').waitFor();
    expect(await auditOf(page)).toEqual([]);
    await page.getByLabel('Route').fill('preflight');
    await page.getByText('GET /v1/artifacts').waitFor({ state: 'detached' });
    await shot('api');
  });

  it('says of each page that nothing is there yet, and what to do', async () => {
    await signIn(page, app);
    for (const [title, words] of [
      ['Models', 'No models here.'],
      ['Data', 'No data sets here.'],
    ] as const) {
      await goTo(title);
      await page.getByText(words).waitFor();
      expect(await auditOf(page)).toEqual([]);
    }
  });

  it('shows what is stored of a model, finds it by a key press, and deletes it once that is confirmed', async () => {
    await pushModel(app.client, join(EXAMPLE, 'seed-net.onnx'));
    await page.reload();
    await goTo('Models');
    await page.getByText('Inputs, operators, id').click();
    await page
      .getByText(/float32\[/)
      .first()
      .waitFor();
    expect(await page.title()).toBe('Models – Coldpress');
    expect(await auditOf(page)).toEqual([]);
    await shot('models');
    await page.keyboard.press('Escape');
    await page.locator('h1').click();
    await page.keyboard.press('/');
    await page.keyboard.type('no such');
    await page.getByText('No models match.').waitFor();
    expect(page.url()).toContain('q=no+such');
    await page.getByRole('link', { name: 'Show all' }).click();
    await page.getByRole('button', { name: /^Delete seed-net/ }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByRole('heading', { name: 'seed-net.onnx' }).waitFor();
    await page.getByRole('button', { name: /^Delete seed-net/ }).click();
    expect(await auditOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('No models here.').waitFor();
  });

  it('shows what is stored of a data set', async () => {
    await pushDataset(app.client, join(EXAMPLE, 'dataset.yaml'), ['mnist-train.npz', 'mnist-test.npz']);
    await goTo('Data');
    await page.getByText('Inputs, labels, files').click();
    await page.getByText('mnist-train.npz').waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('data');
  });

  it('shows the machine of the server among the devices, with its state, the reason and what it is', async () => {
    await goTo('Devices');
    const local = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading') })
      .first();
    await local.getByText('Processor, runtime, condition').click({ timeout: 60_000 });
    await local.getByText('Instructions', { exact: true }).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('devices');
  });

  it('gives a code for a device and the command to type on it, and shows the fleet', async () => {
    await goTo('Devices');
    await page.getByRole('button', { name: 'Enrol a device' }).click();
    await page.getByLabel('Name').fill('pi-4');
    await page.getByRole('button', { name: 'Make a code' }).click();
    await page.getByText(/enrol .* --name pi-4/).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('device-code');
    await page.getByRole('button', { name: 'Close' }).click();
  });

  it('shows which parts of the server answer, and the passes', async () => {
    await goTo('System');
    await page.getByRole('region', { name: 'Parts' }).getByText('store').waitFor();
    await page.getByRole('cell', { name: 'quantize', exact: true }).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('system');
  });

  it('raises no error in the console', () => {
    expect(browser.problems).toEqual([]);
  });
});

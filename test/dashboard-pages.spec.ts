import { join, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { pushDataset, pushModel } from '../apps/cli/src/uploads.js';
import { createClient } from '#client';
import { EXAMPLE, startApp, type TestApp } from './app.js';
import { longModel } from '#testing';
import { openPage, signIn, titled, type OpenPage } from './browser.js';
import { auditOf, UNSTUCK } from './dashboard-audit.js';

const SCREENSHOTS = resolve(__dirname, '../test-results');

/** The pages of the top bar besides jobs and sweeps. */
describe('the pages of models, data, devices, the system and the API', () => {
  let app: TestApp;
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

  const shot = (name: string) =>
    page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true, style: UNSTUCK });
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
    await titled(page, 'Models – Coldpress');
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

  it('shows a model of 5,000 layers, of which only those in sight are in the page, and finds one by name', async () => {
    const { id } = await app.client.uploadModel({ name: 'long', body: new Blob([longModel(5000)]) });
    await page.goto(`${app.url}/#/models/${id}`);
    const graph = page.getByRole('group', { name: 'Graph of the model' });
    await graph.getByText('MatMul block0/node0 · 32 bit').waitFor();
    await page.getByText('5000 layers, in the order in which they run.').waitFor();
    expect(await graph.locator('text').count()).toBeLessThan(60);
    await graph.focus();
    await page.keyboard.press('End');
    await graph.getByText('Relu block499/node4999').waitFor();
    await page.getByLabel('Find a layer').fill('node2468');
    await page.getByText('MatMul block246/node2468, weights of 32 bits, 50 % zeros.').waitFor();
    await graph.getByText('MatMul block246/node2468').waitFor();
    await page.getByLabel('Colour by').selectOption('zeros');
    await graph.getByText('MatMul block246/node2468 · 50 %').waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('model');
    await page.goto(`${app.url}/#/models/abc`);
    await page.getByRole('heading', { name: 'No such model' }).waitFor();
    await app.client.deleteModel({ id });
  });

  it('shows what is stored of a data set', async () => {
    await pushDataset(app.client, join(EXAMPLE, 'dataset.yaml'), ['mnist-train.npz', 'mnist-test.npz']);
    await goTo('Data');
    await page.getByText('Inputs, labels, files').click();
    await page.getByText('mnist-train.npz').waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('data');
  });

  it('finds anything by a word from every page, and tells the keys', async () => {
    for (const title of ['Devices', 'System', 'Data']) {
      await goTo(title);
      await page.getByRole('heading', { level: 1 }).click();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('ControlOrMeta+k');
      await page.getByRole('dialog', { name: 'Find anything' }).waitFor();
      await page.keyboard.press('Escape');
    }
    await goTo('System');
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('mnis');
    const found = page.getByRole('list', { name: 'Found' });
    await found.getByRole('link', { name: 'mnist' }).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('find');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'mnist' }).waitFor();
    expect(page.url()).toContain('#/data?q=mnist');
  });

  it('shows the machine of the server among the devices, with its state, the reason and what it is', async () => {
    await goTo('Devices');
    const local = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading') })
      .first();
    await local.getByText('Processor, runtime, condition').click();
    await local.getByText('Instructions', { exact: true }).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('devices');
    await local.getByRole('heading').getByRole('link').click();
    await page.getByRole('region', { name: 'History' }).getByText('It has measured nothing yet').waitFor();
    expect(await page.getByText('It has not measured this model').count()).toBe(0);
    await shot('device');
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
    await page.getByRole('region', { name: 'Storage' }).getByText('Data sets').waitFor();
    const workers = page.getByRole('region', { name: 'Queue and workers' });
    await workers.getByText(/^1: [\w.-]+:\d+$/).waitFor();
    await shot('system');
  });

  it('makes a key for somebody who may only read, shows it once, and revokes it once that is confirmed', async () => {
    const keys = page.getByRole('region', { name: 'Keys and roles' });
    await keys.getByText('with the role admin').waitFor();
    await keys.getByRole('button', { name: 'Make a key' }).click();
    await page.getByLabel('Name').fill('a guest');
    await page.getByRole('combobox', { name: 'Role' }).selectOption('viewer');
    await page.getByRole('button', { name: 'Make the key' }).click();
    const key = await page.getByText(/^cp_/).textContent();
    expect(await auditOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Close' }).click();
    await keys.getByRole('cell', { name: 'a guest', exact: true }).waitFor();
    // The dialog says that it closed after it has.
    await page.getByText(key ?? 'none').waitFor({ state: 'detached' });
    const guest = createClient({ url: app.url, apiKey: key ?? '' });
    expect((await guest.systemReport({})).caller).toEqual({ name: 'a guest', role: 'viewer' });
    await keys.getByRole('button', { name: 'Revoke a guest' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await keys.getByRole('cell', { name: 'a guest', exact: true }).waitFor({ state: 'detached' });
    await expect(guest.systemReport({})).rejects.toThrow(/not known/);
  });

  it('shows disabled, with the reason, what a key may not do', async () => {
    const as = async (role: 'viewer' | 'member') => {
      const { key } = await app.client.createKey({ body: { name: `a ${role}`, role } });
      await page.getByRole('button', { name: 'Sign out' }).click();
      await signIn(page, { url: app.url, apiKey: key });
    };
    await as('member');
    await goTo('Devices');
    await page.getByText('The key “a member” has the role member, and this needs the role admin.').waitFor();
    expect(await page.getByRole('button', { name: 'Enrol a device' }).isDisabled()).toBe(true);
    expect(
      await page
        .getByRole('button', { name: /^Drain / })
        .first()
        .isEnabled(),
    ).toBe(true);
    await as('viewer');
    await page.getByText(/The key “a viewer” has the role viewer/).waitFor();
    await goTo('Data');
    expect(await page.getByRole('button', { name: /^Delete mnist/ }).isDisabled()).toBe(true);
    await page.getByRole('link', { name: 'New', exact: true }).click();
    expect(await page.getByRole('button', { name: 'Submit' }).isDisabled()).toBe(true);
    expect(await page.getByLabel('Upload model', { exact: true }).isDisabled()).toBe(true);
    expect(await auditOf(page)).toEqual([]);
    await shot('new-viewer');
  });

  it('raises no error in the console', () => {
    expect(browser.problems).toEqual([]);
  });
});

import { join, resolve } from 'node:path';
import { mkdir, readFile, writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Page } from 'playwright-core';
import { EXAMPLE, startApp, type TestApp } from './app.js';
import { openPage, signIn, type OpenPage } from './browser.js';
import { auditOf, UNSTUCK } from './dashboard-audit.js';

const SCREENSHOTS = resolve(__dirname, '../test-results');

/** What a person does with a sweep: fill the form, launch it, read its front, promote a model. */
describe('sweeps on the page', () => {
  let app: TestApp;
  let browser: OpenPage;
  let page: Page;
  let folder: string;

  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    folder = await mkdtemp(join(tmpdir(), 'coldpress-sweep-page-'));
    [app, browser] = await Promise.all([startApp(), openPage()]);
    page = browser.page;
    await signIn(page, app);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const shot = (name: string) =>
    page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true, style: UNSTUCK });
  const step = (name: string) => page.getByRole('region', { name });

  it('says that there are none, and where one begins', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByText('Sweeps').click();
    await page.getByText('No sweeps here.').waitFor();
    expect(await auditOf(page)).toEqual([]);
    await page.goto(`${app.url}/#/sweeps/abc`);
    await page.getByRole('heading', { name: 'No such sweep' }).waitFor();
  });

  it('submits a real job by the form alone', async () => {
    const manifest = (await readFile(join(EXAMPLE, 'dataset.yaml'), 'utf8')).replace(/count: \d+/g, 'count: 200');
    await writeFile(join(folder, 'dataset.yaml'), manifest);
    const arrays = ['mnist-train.npz', 'mnist-test.npz'].map((name) => join(EXAMPLE, name));
    await page.getByRole('link', { name: 'New', exact: true }).click();
    await page.getByLabel('Upload model', { exact: true }).setInputFiles(join(EXAMPLE, 'seed-net.onnx'));
    await page.getByLabel('Upload data set', { exact: true }).setInputFiles([join(folder, 'dataset.yaml'), ...arrays]);
    await page.locator('select[name=dataset] option:checked', { hasText: 'mnist' }).waitFor({ state: 'attached' });
    for (const name of ['prune, step 2', 'distill, step 2'])
      await page.getByRole('button', { name: `Remove ${name}` }).click();
    await step('quantize, step 1').getByLabel('samples', { exact: true }).fill('16');
    await step('evaluate, step 2').getByLabel('latencyRuns', { exact: true }).fill('20');
    await step('evaluate, step 2').getByLabel('samples', { exact: true }).fill('100');
    await page.getByRole('button', { name: 'Remove gates 3' }).click();
    await page.getByLabel('Bound of gates 1').fill('0.6');
    await page.getByLabel('Bound of gates 2').fill('0.2');
    await page.getByText('This job can run').waitFor();
    expect(await page.locator('textarea[name=recipe]').inputValue()).toContain('latencyRuns: 20');
    expect(await auditOf(page)).toEqual([]);
    await shot('new-form');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.locator('.heading .badge.succeeded').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download model', exact: true }).click(),
    ]);
    expect((await readFile(await download.path())).length).toBeGreaterThan(10_000);
  });

  it('makes a sweep of several values, foretells it, and follows it to its front', async () => {
    await page.getByRole('link', { name: 'New', exact: true }).click();
    await page.getByLabel('Name', { exact: true }).fill('bits and ratio');
    await page.getByRole('button', { name: 'Several values of quantize weightBits' }).click();
    await step('quantize, step 1').getByLabel('weightBits', { exact: true }).fill('8, 4');
    await page.getByLabel('Add a pass').selectOption('prune');
    await page.getByRole('button', { name: 'Move prune, step 3 up' }).click();
    await step('prune, step 2').getByLabel('granularity', { exact: true }).selectOption('weight');
    await page.getByRole('button', { name: 'Several values of prune ratio' }).click();
    await step('prune, step 2').getByLabel('ratio', { exact: true }).fill('0.3, 0.6, 0.9');
    await page.getByLabel('Objective 2', { exact: true }).selectOption('top1');
    await page.getByRole('button', { name: 'Remove constraints 1' }).click();
    await page.getByRole('heading', { name: 'New sweep' }).waitFor();
    await page.getByText(/This sweep can run: 6 trials/).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('new-sweep');
    await page.getByRole('button', { name: 'Launch sweep' }).click();
    await page.getByRole('heading', { name: 'bits and ratio' }).waitFor();
    await page.locator('.heading .badge.finished').waitFor();
    await page.getByText('6 of 6 trials').waitFor();
    await page.getByRole('img', { name: /6 models|5 models|4 models|3 models/ }).waitFor();
    const rows = page.getByRole('group', { name: 'Trials' }).locator('tbody tr');
    await rows.nth(5).waitFor();
    expect(await rows.count()).toBe(6);
    expect(await auditOf(page)).toEqual([]);
    await shot('sweep');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shot('sweep-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 390, height: 844 });
    await shot('sweep-phone');
    await page.setViewportSize({ width: 1200, height: 900 });
  });

  it('begins another with what this one has measured', async () => {
    const address = page.url();
    await page.getByRole('link', { name: 'New', exact: true }).click();
    const field = page.getByRole('group', { name: 'Begin with' });
    const choice = field.getByLabel('Earlier sweep or job to begin with');
    const earlier = choice.locator('option', { hasText: 'bits and ratio, 6 trials' });
    await choice.selectOption((await earlier.getAttribute('value')) ?? '');
    expect(await page.locator('textarea[name=recipe]').inputValue()).toMatch(/warmStart:\n {2}- [0-9a-f-]{36}\n/);
    await page.getByText(/This sweep can run: 0 trials.* It begins with 6 trials of earlier/s).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await field.getByRole('button', { name: 'Remove beginning 1' }).click();
    expect(await page.locator('textarea[name=recipe]').inputValue()).not.toContain('warmStart');
    await page.goto(address);
  });

  it('keeps what is chosen in the address: limits, brushes, order, trials side by side', async () => {
    const table = page.getByRole('group', { name: 'Trials' });
    await table.getByRole('button', { name: /^prune.ratio/ }).click();
    await page.waitForURL(/sort=p.prune.ratio/);
    await page.getByLabel('Compare trial 0').check();
    await page.getByLabel('Compare trial 1').check();
    await page.waitForURL(/sel=0.1/);
    await page.getByText(/The same in all, and left out/).waitFor();
    await page.getByText('Keep only some values').click();
    await page.getByLabel('prune.ratio from').selectOption('0.6');
    await page.getByText('4 of 6 trials').waitFor();
    await page.reload();
    await page.getByText('4 of 6 trials').waitFor();
    await page.getByRole('button', { name: 'Leave trial 1 out' }).click();
    await page.getByLabel('compressed at most').fill('0');
    await page.waitForURL(/m.compressedBytes=/);
    expect(await auditOf(page)).toEqual([]);
  });

  it('chooses the model that is clicked, and promotes it to a name', async () => {
    await page.goto(page.url().replace(/\?.*/, ''));
    const plot = page.getByRole('img', { name: /on the front/ });
    await plot.waitFor();
    await page.getByText(/Click a model of the plot/).waitFor();
    // The axes of the plot tell where a point is no more than its table does: it is looked for.
    const { width = 0, height = 0 } = (await plot.boundingBox()) ?? {};
    search: for (let y = 20; y < height - 40; y += 10)
      for (let x = 80; x < width - 20; x += 10) {
        await plot.hover({ position: { x, y } });
        if ((await plot.getAttribute('title')) === '') continue;
        await plot.click({ position: { x, y } });
        break search;
      }
    await page
      .getByRole('region', { name: 'Chosen trials' })
      .getByRole('button', { name: /^Promote trial/ })
      .click();
    await page.getByLabel('Name of the model').fill('the chosen one');
    await page.getByRole('button', { name: 'Promote it' }).click();
    await page.getByText('It is stored as').waitFor();
    expect(await auditOf(page)).toEqual([]);
    await page.getByRole('link', { name: 'the chosen one' }).click();
    await page.getByRole('heading', { name: 'the chosen one' }).waitFor();
  });

  it('extends a sweep that has ended, pauses it and stops it', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByText('Sweeps').click();
    await page.getByRole('link', { name: 'bits and ratio' }).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await shot('sweeps');
    await page.getByRole('link', { name: 'bits and ratio' }).click();
    await page.getByRole('button', { name: 'Extend' }).click();
    await page.getByLabel('Trials at a time').fill('1');
    expect(await auditOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Extend it' }).click();
    await page.getByRole('button', { name: 'Extend it' }).waitFor({ state: 'hidden' });
    const [{ id } = { id: '' }] = (await app.client.listSweeps()).items;
    expect((await app.client.getSweep({ id })).document.limits.parallel).toBe(1);
    await page.getByRole('button', { name: 'Delete the sweep' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('No sweeps here.').waitFor();
  });

  it('raises no error in the console', () => {
    expect(browser.problems).toEqual([]);
  });
});

import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { packFolder } from '#datasets';
import { startApp, type TestApp } from './app.js';
import { openPage, signIn, type OpenPage } from './browser.js';
import { auditOf, UNSTUCK } from './dashboard-audit.js';

const FILES = resolve(__dirname, 'data-journeys');
const SCREENSHOTS = resolve(__dirname, '../test-results');

/** Data without a manifest, as people have it, on the page New. */
describe('data that is dropped', () => {
  let app: TestApp;
  let browser: OpenPage;
  let page: Page;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-page-data-'));
    [app, browser] = await Promise.all([startApp(), openPage()]);
    page = browser.page;
    await signIn(page, app);
    await page.getByRole('link', { name: 'New', exact: true }).click();
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const guessed = () => page.getByRole('region', { name: 'Guessed data set' });
  const chosen = (name: string) =>
    page.locator('select[name=dataset] option:checked', { hasText: name }).waitFor({ state: 'attached' });

  it('without a model asks for one: the manifest is guessed for it', async () => {
    await page.getByLabel('Upload data set', { exact: true }).setInputFiles(join(FILES, 'quadrants.npz'));
    await page.getByRole('alert').getByText('Choose the model first').waitFor();
  });

  it('is shown as the model gets it, with a manifest to change, and is kept once it is used', async () => {
    await page.getByLabel('Upload model', { exact: true }).setInputFiles(join(FILES, 'keras.onnx'));
    await page.locator('select[name=model] option:checked', { hasText: 'keras.onnx' }).waitFor({ state: 'attached' });
    await page.getByLabel('Upload data set', { exact: true }).setInputFiles(join(FILES, 'quadrants.npz'));
    await guessed().getByRole('img', { name: 'sample 2, as the model gets it' }).waitFor();
    await guessed().getByText('Top-1 of the model on').waitFor();
    expect((await app.client.listDatasets({})).items).toEqual([]);
    expect(await auditOf(page)).toEqual([]);
    await page.screenshot({ path: join(SCREENSHOTS, 'new-guess.png'), fullPage: true, style: UNSTUCK });
    const manifest = guessed().getByLabel('Manifest');
    await manifest.fill(`${await manifest.inputValue()}\nnonsense: 1\n`);
    await guessed().getByText('those of the manifest before it was changed').waitFor();
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    await page.getByRole('link', { name: 'New', exact: true }).click();
    expect(await manifest.inputValue()).toContain('nonsense: 1');
    await guessed().getByRole('button', { name: 'Show samples again' }).click();
    await guessed().getByRole('alert').getByText('nonsense').waitFor();
    await manifest.fill((await manifest.inputValue()).replace('nonsense: 1\n', ''));
    expect(await guessed().getByRole('alert').count()).toBe(0);
    await guessed().getByRole('button', { name: 'Use this data set' }).click();
    await chosen('quadrants');
    expect(await guessed().count()).toBe(0);
  });

  it('is gone through a few samples at a time once it is stored, and the address tells which', async () => {
    await page.getByRole('link', { name: 'Data', exact: true }).click();
    await page.getByText('Samples of quadrants').click();
    await page.getByLabel('Model that gets quadrants').selectOption({ index: 1 });
    const pictures = page.getByRole('img', { name: /^sample \d+, as the model gets it$/ });
    await pictures.nth(2).waitFor();
    await page.getByRole('button', { name: 'Later' }).click();
    await page.getByRole('img', { name: 'sample 3, as the model gets it' }).waitFor();
    await page.reload();
    await page.getByRole('img', { name: 'sample 3, as the model gets it' }).waitFor();
    await page.getByLabel('Split of quadrants').selectOption('train');
    await page.getByText(/^1–3 of \d+$/).waitFor();
    await pictures.nth(2).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await page.screenshot({ path: join(SCREENSHOTS, 'data-samples.png'), fullPage: true, style: UNSTUCK });
    await page.getByRole('link', { name: 'New', exact: true }).click();
  });

  it('may be a folder of pictures by class, which is sent as an archive', async () => {
    for (const [index, name] of ['first', 'second', 'third', 'fourth'].entries())
      for (let n = 0; n < 5; n++) {
        const path = join(folder, 'pictures', name, `${n}.png`);
        await mkdir(dirname(path), { recursive: true });
        const background = { r: 60 * index, g: 10 * n, b: 0 };
        await writeFile(path, await sharp({ create: { width: 12, height: 12, channels: 3, background } }).png().toBuffer()); // prettier-ignore
      }
    await page.getByLabel('Upload data set folder').setInputFiles(join(folder, 'pictures'));
    await guessed().getByText('pictures: guessed from its files and the model').waitFor();
    expect(await guessed().getByLabel('Manifest').inputValue()).toContain('file: pictures.zip');
    await guessed().getByRole('img', { name: 'sample 0, as the model gets it' }).waitFor();
    await guessed().getByRole('button', { name: 'Use this data set' }).click();
    await chosen('pictures');
    const [newest] = (await app.client.listDatasets({})).items;
    expect(newest).toMatchObject({ name: 'pictures', inspection: { classes: 4 } });
  });

  it('has a model that may be a folder or an archive with external data', async () => {
    const files = join(folder, 'exported');
    await mkdir(files);
    for (const name of ['shapes.onnx', 'shapes.onnx.data']) await copyFile(join(FILES, name), join(files, name));
    await writeFile(join(files, 'config.json'), '{}');
    await page.getByLabel('Upload model folder').setInputFiles(files);
    const model = page.locator('select[name=model] option:checked', { hasText: 'shapes.onnx' });
    await model.waitFor({ state: 'attached' });
    await packFolder(files, join(folder, 'exported.zip'));
    await page.getByLabel('Upload model', { exact: true }).setInputFiles(join(FILES, 'keras.onnx'));
    await page.locator('select[name=model] option:checked', { hasText: 'keras.onnx' }).waitFor({ state: 'attached' });
    await page.getByLabel('Upload model', { exact: true }).setInputFiles(join(folder, 'exported.zip'));
    await model.waitFor({ state: 'attached' });
  });

  it('raises no error in the console', () => {
    expect(browser.problems).toEqual([]);
  });
});

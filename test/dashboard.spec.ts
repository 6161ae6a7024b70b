import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JobItem } from '#contracts';
import type { Page } from 'playwright-core';
import { ended, EXAMPLE, startApp, type TestApp } from './app.js';
import { openPage, requestsOf, titled, type OpenPage } from './browser.js';
import { auditOf, UNSTUCK } from './dashboard-audit.js';

const SCREENSHOTS = resolve(__dirname, '../test-results');

/** A small job, so that the page is what is tested: no training. */
const RECIPE = `passes:
  - pass: analyze
    options: { samples: 32, widths: [4, 2] }
  - pass: quantize
    options: { samples: 32 }
  - pass: evaluate
    options: { samples: 200, latencyRuns: 20 }
gates:
  - { metric: bytes, maxRatio: 0.5 }
`;

describe('the dashboard in a real browser', () => {
  let app: TestApp;
  let browser: OpenPage;
  let page: Page;

  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    app = await startApp();
    browser = await openPage();
    page = browser.page;
  });

  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  const screenshot = (name: string) =>
    page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true, style: UNSTUCK });

  it('refuses a wrong key with a message', async () => {
    await page.goto(app.url);
    await page.getByLabel('API key').fill('not-a-key');
    await page.getByRole('button', { name: 'Open dashboard' }).click();
    await page.getByRole('alert').waitFor();
    await screenshot('sign-in');
    expect(await auditOf(page)).toEqual([]);
  });

  it('shows an empty list to a new user with the right key', async () => {
    await page.getByLabel('API key').fill(app.apiKey);
    await page.getByRole('button', { name: 'Open dashboard' }).click();
    await page.getByText('Submit the first one').waitFor();
    await titled(page, 'Jobs – Coldpress');
    expect(await auditOf(page)).toEqual([]);
  });

  it('arrives compressed, and as what the build wrote', async () => {
    const script = await page.locator('script[src]').getAttribute('src');
    const read = (encoding: string) => fetch(`${app.url}${script}`, { headers: { 'accept-encoding': encoding } });
    const [small, whole] = await Promise.all([read('br'), read('identity')]);
    expect({ encoding: small.headers.get('content-encoding'), cache: small.headers.get('cache-control') }).toEqual({
      encoding: 'br',
      cache: 'public, max-age=31536000, immutable',
    });
    expect(await small.text()).toBe(await whole.text());
    expect(Number(small.headers.get('content-length'))).toBeLessThan(200_000);
  });

  it('says that there is no such page, and no such job, and asks for it once at most', async () => {
    const asked = requestsOf(page);
    await page.goto(`${app.url}/#/nowhere`);
    await page.getByRole('heading', { name: 'No such page' }).waitFor();
    expect(await auditOf(page)).toEqual([]);
    await page.goto(`${app.url}/somewhere`);
    await page.getByRole('heading', { name: 'No such page' }).waitFor();
    await page.goto(`${app.url}/#/jobs/abc`);
    await page.getByText('“abc” is not the id of a job').waitFor();
    expect(asked()).toEqual([]);
    const nobody = '00000000-0000-4000-8000-000000000000';
    await page.goto(`${app.url}/#/jobs/${nobody}`);
    await page.getByText(`There is no job ${nobody}`).waitFor();
    await page.waitForTimeout(2500);
    expect(asked()).toEqual([`/v1/jobs/${nobody}/events`]);
    await page.getByRole('link', { name: 'All jobs' }).click();
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
  });

  it('leads past the bar with the keys, and marks the page in it', async () => {
    await page.reload();
    await page.getByText('Submit the first one').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('main');
    expect(await page.locator('nav[aria-label=Main] [aria-current]').allTextContents()).toEqual(['Jobs']);
  });

  it('takes a model, a data set and a recipe, and names a typo in the recipe', async () => {
    await page.getByRole('link', { name: 'New', exact: true }).click();
    await page.getByLabel('Upload model', { exact: true }).setInputFiles(join(EXAMPLE, 'seed-net.onnx'));
    await page
      .locator('select[name=model] option:checked', { hasText: 'seed-net.onnx' })
      .waitFor({ state: 'attached' });
    const files = ['dataset.yaml', 'mnist-train.npz', 'mnist-test.npz'].map((name) => join(EXAMPLE, name));
    await page.getByText('Graph of the model, layer by layer').click();
    await page.getByText(/^float32\[|Opset/).first().waitFor(); // prettier-ignore
    await page.getByRole('group', { name: 'Graph of the model' }).locator('text').first().waitFor();
    await page.getByLabel('Upload data set', { exact: true }).setInputFiles(files.slice(1));
    await page.getByRole('alert').getByText('no array fits an input of the model').waitFor();
    await page.getByLabel('Upload data set', { exact: true }).setInputFiles(files.slice(0, 2));
    await page.getByRole('alert').getByText('was not chosen').waitFor();
    expect(await page.getByLabel('Upload data set', { exact: true }).getAttribute('accept')).toContain('.safetensors');
    await page.getByLabel('Upload data set', { exact: true }).setInputFiles(files);
    await page.locator('select[name=dataset] option:checked', { hasText: 'mnist' }).waitFor({ state: 'attached' });
    await page.locator('textarea[name=recipe]').fill(RECIPE.replace('quantize', 'quantise'));
    await page.getByRole('alert').getByText('quantize').first().waitFor();
    await screenshot('new-job-problem');
    expect(await auditOf(page)).toEqual([]);
  });

  it('keeps no verdict on a text that was changed, and shows the newest on the one that stands', async () => {
    const recipe = page.locator('textarea[name=recipe]');
    const submit = page.getByRole('button', { name: 'Submit' });
    const alert = page.getByRole('alert');
    await Promise.all([page.waitForResponse((response) => response.status() === 422), submit.click()]);
    await alert.getByText('quantize').first().waitFor();
    await recipe.fill(RECIPE);
    expect(await alert.count()).toBe(0);
    await page.getByText('This job can run').waitFor();
    expect(await alert.count()).toBe(0);
    await recipe.fill('total nonsense: [');
    expect(await page.getByText('This job can run').count()).toBe(0);
    await alert.first().waitFor();
    await recipe.fill(RECIPE);
    expect(await alert.count()).toBe(0);
    await page.getByText('This job can run').waitFor();
    expect(await alert.count()).toBe(0);
  });

  it('keeps a draft on the way to another page and over a reload, and gives back a text that an example took the place of', async () => {
    await page.getByLabel('Name', { exact: true }).fill('a draft');
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    await page.getByRole('link', { name: 'New', exact: true }).click();
    await page.reload();
    const draft = () =>
      Promise.all([
        page.getByLabel('Name', { exact: true }).inputValue(),
        page.locator('textarea[name=recipe]').inputValue(),
        page.locator('select[name=model]').inputValue(),
      ]);
    expect(await draft()).toEqual(['a draft', RECIPE, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    await page.locator('select[name=example]').selectOption({ label: 'Train from labels' });
    expect((await draft())[1]).toContain('pass: train');
    await page.getByRole('button', { name: 'Bring it back' }).click();
    expect((await draft())[1]).toBe(RECIPE);
    await page.locator('select[name=dataset] option:checked', { hasText: 'mnist' }).waitFor({ state: 'attached' });
  });

  it('offers presets that this model and data set can run', async () => {
    const examples = page.locator('select[name=example]');
    // That of the text before goes with it.
    const verdict = () => page.locator('.footer [role=alert], .footer [role=status] p').first().textContent();
    for (const title of await examples.locator('option:not([disabled])').allTextContents()) {
      await examples.selectOption({ label: title });
      expect({ title, verdict: await verdict() }).toEqual({
        title,
        verdict: expect.stringMatching(/^This (job|sweep) can run: .*stage/) as unknown,
      });
    }
  });

  it('follows a submitted job live to its table and gates', async () => {
    await page.getByLabel('Name', { exact: true }).fill('from the page');
    await page.locator('textarea[name=recipe]').fill(RECIPE);
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { name: 'from the page' }).waitFor();
    await page.locator('.heading .badge.succeeded').waitFor();
    const table = page.getByRole('region', { name: 'Before and after' });
    await table
      .getByText(/[+−]\d+\.\d\d points/)
      .first()
      .waitFor();
    await page.locator('section[aria-label=Gates] .badge.passed').waitFor();
    await page.getByRole('link', { name: 'seed-net.onnx' }).waitFor();
    await page.getByRole('link', { name: 'mnist' }).waitFor();
    await titled(page, 'succeeded · from the page – Coldpress');
    await screenshot('job');
    await page.emulateMedia({ colorScheme: 'dark' });
    await screenshot('job-dark');
    expect(await auditOf(page)).toEqual([]);
  });

  it('shows first what came of the job, with the model to download', async () => {
    const result = page.getByRole('region', { name: 'Result' });
    expect((await result.locator('.tile').allTextContents()).map((text) => text.replace(/\d+(\.\d+)?/g, '#'))).toEqual([
      expect.stringMatching(/^Size# MB → # kB÷ #$/),
      expect.stringMatching(
        /^Top-# accuracy# % → # %[+−]# points \([+−]#..[+−]#\)# %–# % of # samples, with # % confidence$/,
      ),
      expect.stringMatching(/^Median latency# ms → # ms.+half of # runs within #–# ms$/),
      expect.stringMatching(/^Gatespassed/),
    ]);
    const bottom = await result
      .getByRole('button', { name: 'Download model' })
      .evaluate(
        (button: unknown) => (button as { getBoundingClientRect(): { bottom: number } }).getBoundingClientRect().bottom,
      );
    expect(bottom).toBeLessThan(900);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      result.getByRole('button', { name: 'Download model' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('from-the-page.onnx');
  });

  it('leads from the model of a job to all jobs on it', async () => {
    await page.getByRole('link', { name: 'seed-net.onnx' }).click();
    await page.getByText('Layers', { exact: true }).waitFor();
    await page.getByRole('link', { name: /^Jobs on seed-net/ }).click();
    await page.getByRole('link', { name: 'One model only: show all' }).waitFor();
    await page.getByRole('link', { name: 'from the page' }).click();
    await page.getByRole('heading', { name: 'from the page' }).waitFor();
  });

  it('draws the plots that a stage wrote and tells what it concluded', async () => {
    const plot = page.getByRole('img', { name: 'sensitivity.svg of analyze' });
    await plot.waitFor();
    expect(
      await plot.evaluate((image: unknown) =>
        (image as { decode(): Promise<void> }).decode().then(() => (image as { naturalWidth: number }).naturalWidth),
      ),
    ).toBe(720);
    await page.getByText('Table of sensitivity of analyze').click();
    const table = page.getByRole('group', { name: 'Table of sensitivity of analyze' }).locator('tbody tr');
    await table.first().waitFor();
    expect(await table.count()).toBeGreaterThan(1);
    const stages = page.locator('.stages > li');
    const heights = await stages.evaluateAll((lines: unknown[]) =>
      lines.map((line) => (line as { getBoundingClientRect(): { height: number } }).getBoundingClientRect().height),
    );
    expect(heights.filter((height) => height > 60)).toEqual([]);
    const stage = stages.filter({ hasText: '1. analyze' });
    const note = await stage.locator('.note').textContent();
    await stage.locator('summary').first().click();
    await page.waitForURL(/stages=1$/);
    await page.reload();
    expect(await stage.locator('.verdict').textContent()).toBe(note);
    const layers = stage.getByRole('group', { name: 'layers of analyze', exact: true });
    await layers.locator('.bar-cell[style]').first().waitFor();
    await stage.getByText('Options').waitFor();
    const [csv] = await Promise.all([
      page.waitForEvent('download'),
      stage.getByRole('button', { name: 'CSV of layers of analyze' }).click(),
    ]);
    const lines = (await readFile(await csv.path(), 'utf8')).trim().split('\r\n');
    expect(lines[0]).toMatch(/^node,/);
    expect(lines).toHaveLength(1 + (await layers.locator(':scope > table > tbody > tr').count()));
    await screenshot('job-report');
    expect(await auditOf(page)).toEqual([]);
  });

  it('has its report as a page and as a model card, its log to search, and when each stage ran', async () => {
    const result = page.getByRole('region', { name: 'Result' });
    for (const [title, name, start] of [
      ['Report as HTML', 'from-the-page.html', '<!doctype html>'],
      ['Report as Markdown', 'from-the-page.md', '# from the page'],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        result.getByRole('button', { name: title }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(name);
      expect((await readFile(await download.path(), 'utf8')).slice(0, start.length)).toBe(start);
    }
    await page.getByRole('img', { name: 'When each of 3 stages ran, from the submission on' }).waitFor();
    await page.getByText('Table of the timeline').click();
    const timed = page.getByRole('group', { name: 'Table of the timeline' }).locator('tbody tr');
    await timed.nth(2).waitFor();
    expect(await timed.count()).toBe(3);
    const log = page.getByRole('region', { name: 'Log' });
    if ((await log.count()) > 0) {
      await log.getByLabel('Search the log').fill('no such words');
      await page.waitForURL(/log=no\+such\+words/);
      await page.reload();
      await log.getByText(/^0 of \d+ lines?$/).waitFor();
      await log.getByLabel('Search the log').fill('');
      await page.waitForURL((address) => !address.hash.includes('log='));
    }
    expect(await page.locator('section[aria-label=Artifacts] td', { hasText: /^this job$/ }).count()).toBeGreaterThan(
      3,
    );
  });

  it('shows the model before and after side by side, with what each stage did to a layer and left alone', async () => {
    const section = page.getByRole('region', { name: 'Layer by layer' });
    await section.getByText('Model before and after, layer by layer').click();
    const graph = section.getByRole('group', { name: 'Graph of the model' });
    await graph.getByText(/^Conv .* 32 bit$/).first().waitFor(); // prettier-ignore
    await graph.getByText(/^Conv .* 8 bit$/).first().waitFor(); // prettier-ignore
    await section.getByLabel('Find a layer').fill('weights of 8 bits');
    expect(await section.locator('[role=status]').textContent()).toMatch(
      /^Before: Conv .*weights of 32 bits.*After: Conv .*weights of 8 bits/,
    );
    await section.getByLabel('Colour by').selectOption('signal to noise');
    await page.waitForURL(/graph=snr/);
    await page.reload();
    await graph.getByText(/^Conv .* dB$/).first().waitFor(); // prettier-ignore
    await section.getByLabel('Find a layer').fill('left alone');
    await section.getByText(/After: .*left alone by \d /).waitFor();
    await section.getByText('The same as a table').click();
    await section.locator('tbody tr').nth(5).waitFor();
    await screenshot('job-graph');
    expect(await auditOf(page)).toEqual([]);
    await section.getByText('Model before and after, layer by layer').click();
  });

  it('downloads the model that the store has under the shown digest', async () => {
    const row = page.locator('section[aria-label=Artifacts] tr', { hasText: 'model.onnx' }).first();
    const digest = await row.locator('code').getAttribute('title');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      row.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(
      createHash('sha256')
        .update(await readFile(await download.path()))
        .digest('hex'),
    ).toBe(digest);
  });

  it('lists the finished job, found by a part of its name, and keeps the filters in the address', async () => {
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page
      .getByRole('row', { name: /from the page/ })
      .getByText('succeeded')
      .waitFor();
    await screenshot('jobs');
    expect(await auditOf(page)).toEqual([]);
    await page.getByLabel('Name', { exact: true }).fill('THE PAGE');
    await page.waitForURL(/q=THE\+PAGE/);
    await page.getByLabel('State').selectOption('succeeded');
    await page.reload();
    await page.getByRole('row', { name: /from the page/ }).waitFor();
    expect([
      await page.getByLabel('Name', { exact: true }).inputValue(),
      await page.getByLabel('State').inputValue(),
    ]).toEqual(['THE PAGE', 'succeeded']);
    await page.getByLabel('Name', { exact: true }).fill('nothing of the kind');
    await page.getByText('No jobs match.').waitFor();
    await page.getByRole('link', { name: 'Show all' }).click();
    await page.getByRole('row', { name: /from the page/ }).waitFor();
  });

  it('plots the jobs of a sweep on one model, takes equal models for one, marks the best trade-offs, and leads to each job', async () => {
    const [{ id: newest }] = (await app.client.listJobs({ limit: 1 })).items as [JobItem];
    const job = await app.client.getJob({ id: newest });
    const recipes = [0.5, 0.5, 0.98, 0.99].map(
      (ratio, index) =>
        `passes: [{ pass: prune, options: { granularity: weight, ratio: ${ratio} } }, { pass: evaluate, options: { samples: 200, latencyRuns: ${5 + index} } }]`,
    );
    const kept = 'passes: [{ pass: evaluate, options: { samples: 200, latencyRuns: 5 } }]';
    for (const recipe of [...recipes, kept]) {
      const { id } = await app.client.submitJob({ body: { model: job.modelId, dataset: job.datasetId!, recipe } });
      await ended(app.client, { id });
    }
    await page.getByRole('link', { name: 'Compare' }).click();
    const table = page.getByRole('region', { name: 'Trade-offs' });
    const rows = table.locator('tbody tr');
    await table.getByRole('row', { name: /ratio 0\.98/ }).waitFor();
    await page.getByLabel('Cost').selectOption('On disk');
    await page.waitForURL(/x=disk/);
    await table.getByRole('columnheader', { name: 'On disk' }).waitFor();
    expect(await table.locator('th').allTextContents()).toEqual(
      expect.arrayContaining(['passes', 'prune ratio', 'On disk', 'Top-1']),
    );
    expect(await rows.filter({ hasText: '2 jobs, one model' }).count()).toBe(1);
    expect(await page.locator('svg.trade-offs circle').count()).toBe(await rows.count());
    expect(await page.locator('svg.trade-offs .label').allTextContents()).toEqual(expect.arrayContaining(['original']));
    const verdict = (text: RegExp) => rows.filter({ hasText: text }).getByText('best trade-off').count();
    expect([await verdict(/from the page/), await verdict(/ratio 0\.98/), await verdict(/^original/)]).toEqual([
      1, 0, 0,
    ]);
    expect(await rows.filter({ hasText: /^originalevaluate/ }).count()).toBe(1);
    await screenshot('compare');
    expect(await auditOf(page)).toEqual([]);
  });

  it('keeps what is compared in the address, and shows identical outputs as such', async () => {
    await page.getByLabel('Quality').selectOption('Output SNR');
    await page.waitForURL(/y=snr/);
    await page.reload();
    const table = page.getByRole('region', { name: 'Trade-offs' });
    await table.getByRole('row', { name: /^original.*identical/ }).waitFor();
    expect([await page.getByLabel('Quality').inputValue(), await page.getByLabel('Cost').inputValue()]).toEqual([
      'snr',
      'disk',
    ]);
    await page.setViewportSize({ width: 390, height: 844 });
    const heightOf = (text: unknown) =>
      (text as { getBoundingClientRect(): { height: number } }).getBoundingClientRect().height;
    // The plot is drawn anew behind the change of its width, its text no smaller than one can read.
    while ((await page.locator('svg.trade-offs text').first().evaluate(heightOf)) < 11);
    await screenshot('compare-phone');
    await page.setViewportSize({ width: 1200, height: 900 });
    await table.getByRole('link', { name: /ratio 0\.98 / }).click();
    await page.getByRole('region', { name: 'Before and after' }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await screenshot('job-phone');
    await page.setViewportSize({ width: 1200, height: 900 });
  });

  it('raises no error in the console', () => {
    expect(browser.problems).toEqual([]);
  });
});

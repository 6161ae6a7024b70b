import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isFinal, type Job } from '#contracts';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { EXAMPLE, startApp, type App } from './app.js';

const SCREENSHOTS = resolve(__dirname, '../test-results');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

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
  let app: App;
  let context: BrowserContext;
  let page: Page;
  let profile: string;
  const problems: string[] = [];

  beforeAll(async () => {
    if (!CHROMIUM) throw new Error('chromium is missing: install it with `apt-get install chromium`');
    await mkdir(SCREENSHOTS, { recursive: true });
    profile = await mkdtemp(join(tmpdir(), 'coldpress-chromium-'));
    app = await startApp();
    context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: FLAGS,
      viewport: { width: 1200, height: 900 },
    });
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // Chromium reports each answer of 4xx itself; the refusals tested here are meant.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        problems.push(message.text());
    });
  });

  afterAll(async () => {
    await context?.close();
    await app?.stop();
    if (profile) await rm(profile, { recursive: true, force: true });
  });

  const screenshot = (name: string) => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });

  it('refuses a wrong key with a message', async () => {
    await page.goto(app.url);
    await page.getByLabel('API key').fill('not-a-key');
    await page.getByRole('button', { name: 'Open dashboard' }).click();
    await page.getByRole('alert').waitFor();
    await screenshot('sign-in');
  });

  it('shows an empty list to a new user with the right key', async () => {
    await page.getByLabel('API key').fill(app.apiKey);
    await page.getByRole('button', { name: 'Open dashboard' }).click();
    await page.getByText('Submit the first one').waitFor();
  });

  it('takes a model, a data set and a recipe, and names a typo in the recipe', async () => {
    await page.getByRole('link', { name: 'New job' }).first().click();
    await page.getByLabel('Upload model').setInputFiles(join(EXAMPLE, 'seed-net.onnx'));
    await page
      .locator('select[name=model] option:checked', { hasText: 'seed-net.onnx' })
      .waitFor({ state: 'attached' });
    const files = ['dataset.yaml', 'mnist-train.npz', 'mnist-test.npz'].map((name) => join(EXAMPLE, name));
    await page.getByLabel('Upload data set').setInputFiles(files);
    await page.locator('select[name=dataset] option:checked', { hasText: 'mnist' }).waitFor({ state: 'attached' });
    await page.getByLabel('Recipe').fill(RECIPE.replace('quantize', 'quantise'));
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('alert').getByText('quantize').first().waitFor();
    await screenshot('new-job-problem');
  });

  it('offers examples that this model and data set can run', async () => {
    const examples = page.locator('select[name=example]');
    for (const title of await examples.locator('option').allTextContents()) {
      await examples.selectOption({ label: title });
      const [answer] = await Promise.all([
        page.waitForResponse(/preflight$/),
        page.getByRole('button', { name: 'Check' }).click(),
      ]);
      expect({ title, problems: ((await answer.json()) as { problems: unknown[] }).problems }).toEqual({
        title,
        problems: [],
      });
    }
  });

  it('follows a submitted job live to its table and gates', async () => {
    await page.getByLabel('Name').fill('from the page');
    await page.getByLabel('Recipe').fill(RECIPE);
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { name: 'from the page' }).waitFor();
    await page.locator('.heading .badge.succeeded').waitFor({ timeout: 60_000 });
    const table = page.getByRole('region', { name: 'Before and after' });
    await table
      .getByText(/[+−]\d+\.\d\d points/)
      .first()
      .waitFor();
    await page.locator('section[aria-label=Gates] .badge.passed').waitFor();
    await screenshot('job');
  });

  it('draws the plots that a stage wrote and tells what it concluded', async () => {
    const plot = page.getByRole('img', { name: 'sensitivity.svg of analyze' });
    await plot.waitFor();
    expect(
      await plot.evaluate((image: unknown) =>
        (image as { decode(): Promise<void> }).decode().then(() => (image as { naturalWidth: number }).naturalWidth),
      ),
    ).toBe(720);
    const stage = page.locator('.stages > li', { hasText: 'analyze' }).first();
    expect(await stage.locator('.verdict').textContent()).toMatch(/\w+/);
    await stage.getByText('Report').click();
    await stage.locator('table').first().waitFor();
    await screenshot('job-report');
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

  it('lists the finished job', async () => {
    await page.getByRole('link', { name: 'Jobs' }).click();
    await page
      .getByRole('row', { name: /from the page/ })
      .getByText('succeeded')
      .waitFor();
    await screenshot('jobs');
  });

  it('plots the jobs of a sweep on one model, marks the best trade-offs, and leads to each job', async () => {
    const { value: job } = (await app.client.listJobs().next()) as { value: Job };
    for (const ratio of [0.5, 0.98]) {
      const recipe = `passes: [{ pass: prune, options: { granularity: weight, ratio: ${ratio} } }, { pass: evaluate, options: { samples: 200, latencyRuns: 5 } }]`;
      const { id } = await app.client.submitJob({ model: job.modelId, dataset: job.datasetId!, recipe }, randomUUID());
      for await (const event of app.client.watchJob(id)) if (event.type === 'job' && isFinal(event.state)) break;
    }
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByLabel('Cost').selectOption('Compressed');
    const table = page.getByRole('region', { name: 'Trade-offs' });
    await table.getByRole('row', { name: /ratio 0\.98/ }).waitFor();
    expect(await page.locator('svg.trade-offs circle').count()).toBe(4);
    expect(await table.getByRole('row', { name: /best trade-off/ }).count()).toBeGreaterThanOrEqual(2);
    await screenshot('compare');
    await table.getByRole('link', { name: /ratio 0\.5 / }).click();
    await page.getByRole('region', { name: 'Before and after' }).waitFor();
  });

  it('raises no error in the console', () => {
    expect(problems).toEqual([]);
  });
});

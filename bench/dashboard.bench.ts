import type { Page } from 'playwright-core';
import { withServer } from '../examples/lib/with-server.js';
import { openPage, signIn } from '../test/browser.js';
import { quantile, round, type BenchResult } from './harness.js';
import { sweepOf, trialsPage } from './dashboard/many-trials.js';

/** Trials of a sweep that is looked at, as many as people are promised. */
const TRIALS = [1000, 10_000, 50_000];
/** Frames that are timed while the table is scrolled. */
const FRAMES = 120;

/**
 * What the page costs: its first load, and the page of a sweep with many trials, which the browser is given in place of the server's. The page
 * parses them all.
 */
export async function run(): Promise<BenchResult[]> {
  return withServer(async ({ client, url }) => {
    const browser = await openPage();
    try {
      const apiKey = typeof client.apiKey === 'string' ? client.apiKey : '';
      const results = [await firstLoad(browser.page, { url, apiKey })];
      for (const trials of TRIALS) results.push(await manyTrials(browser.page, url, trials));
      return results;
    } finally {
      await browser.close();
    }
  });
}

/** Bytes that the browser fetches before the list of jobs is there, compressed as they travel, and the time that it takes. */
async function firstLoad(page: Page, server: { url: string; apiKey: string }): Promise<BenchResult> {
  await signIn(page, server);
  let bytes = 0;
  let scripts = 0;
  page.on('response', (response) => {
    const length = Number(response.headers()['content-length'] ?? 0);
    bytes += length;
    if (response.url().endsWith('.js')) scripts += length;
  });
  const started = performance.now();
  await page.reload();
  await page.getByRole('heading', { name: 'Jobs' }).waitFor();
  const interactiveMs = performance.now() - started;
  await page.waitForLoadState('networkidle');
  page.removeAllListeners('response');
  return {
    page: 'jobs',
    trials: null,
    initialKb: round(scripts / 1000),
    allKb: round(bytes / 1000),
    interactiveMs: round(interactiveMs),
    framesP95Ms: null,
  };
}

async function manyTrials(page: Page, url: string, count: number): Promise<BenchResult> {
  const id = crypto.randomUUID();
  await page.route(`**/v1/sweeps/${id}**`, (route) => route.fulfill({ json: sweepOf(id, count) }));
  await page.route(`**/v1/sweeps/${id}/results`, (route) => route.fulfill({ status: 404, json: {} }));
  await page.route(`**/v1/sweeps/${id}/trials**`, (route) => {
    const cursor = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
    return route.fulfill({ json: trialsPage(cursor, count) });
  });
  const started = performance.now();
  await page.goto(`${url}/#/sweeps/${id}`);
  await page.getByRole('heading', { name: `${count} trials`, exact: true }).waitFor({ timeout: 120_000 });
  const interactiveMs = performance.now() - started;
  const frames = await page.evaluate<number[]>(SCROLL);
  return {
    page: 'sweep',
    trials: count,
    initialKb: null,
    allKb: null,
    interactiveMs: round(interactiveMs),
    framesP95Ms: round(quantile(frames, 0.95)),
  };
}

/** Scrolls the table of trials a step each frame; answers with the time of each, ms. */
const SCROLL = `new Promise((resolve) => {
  const table = document.querySelector('.rows');
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    table.scrollTop += 97;
    if (frames.length < ${FRAMES}) requestAnimationFrame(step);
    else resolve(frames.slice(1));
  };
  requestAnimationFrame(step);
})`;

import type { Page } from 'playwright-core';
import type { Client } from '#client';
import { longModel } from '#testing';
import { withServer } from '../examples/lib/with-server.js';
import { openPage, signIn } from '../test/browser.js';
import { startLiveSweep } from '../test/live-sweep.js';
import { quantile, round, type BenchResult } from './harness.js';
import { columnsOf, sweepOf } from './dashboard/many-trials.js';

/** Trials of a sweep that is looked at, as many as people are promised. */
const TRIALS = [1000, 10_000, 50_000];
const SHORT = [1000];
/** Trials of a sweep that runs, and how many of them change within a second. */
const LIVE = { trials: 10_000, eventsPerSecond: 20 };
/** Frames that are timed while the table is scrolled: six seconds of them, within which a running sweep is told of often. */
const FRAMES = 360;
const LAYERS = 5000;
/** Jobs on a page of the list, and the stages of each. */
const LISTED = 50;
const PRUNE = '{ pass: prune, options: { granularity: weight } }';
const RECIPE = `passes: [${Array(4).fill(PRUNE).join(', ')}]`;

const NOTHING = {
  trials: null,
  initialKb: null,
  allKb: null,
  firstPaintMs: null,
  interactiveMs: null,
  framesP95Ms: null,
  framesMaxMs: null,
  listKb: null,
};

/**
 * What the page costs: its first load, the page of a sweep with many trials, which the browser is given in place of the
 * server's, of one that runs, of a model of many layers, and the list of jobs. `short`: the smallest sweep alone.
 */
export async function run([form]: readonly string[] = []): Promise<BenchResult[]> {
  return withServer(async ({ client, url }) => {
    const browser = await openPage();
    try {
      const { page } = browser;
      const apiKey = typeof client.apiKey === 'string' ? client.apiKey : '';
      const results = [await firstLoad(page, { url, apiKey })];
      for (const trials of form === 'short' ? SHORT : TRIALS) results.push(await manyTrials(page, url, trials));
      results.push(await liveTrials(page, { url, apiKey }), await manyLayers(page, client, url));
      // Last: its jobs keep the machine busy.
      return [...results, await listOfJobs(client, { url, apiKey })];
    } finally {
      await browser.close();
    }
  });
}

async function gzipBytes(url: string): Promise<number> {
  const { headers } = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
  if (headers.get('content-encoding') !== 'gzip') throw new Error(`${url} is not sent as gzip`);
  return Number(headers.get('content-length'));
}

/**
 * Bytes that are fetched before the list of jobs is there, and the time that it takes: scripts as gzip, which every
 * client reads, and all of it as it travels to this browser.
 */
async function firstLoad(page: Page, server: { url: string; apiKey: string }): Promise<BenchResult> {
  await signIn(page, server);
  let bytes = 0;
  const scripts: string[] = [];
  page.on('response', (response) => {
    const length = Number(response.headers()['content-length'] ?? 0);
    bytes += length;
    if (response.url().endsWith('.js')) scripts.push(response.url());
  });
  const started = performance.now();
  await page.reload();
  await page.getByRole('heading', { name: 'Jobs' }).waitFor();
  const interactiveMs = performance.now() - started;
  await page.waitForLoadState('networkidle');
  page.removeAllListeners('response');
  const zipped = await Promise.all(scripts.map(gzipBytes));
  return {
    ...NOTHING,
    page: 'jobs',
    initialKb: round(zipped.reduce((sum, each) => sum + each, 0) / 1000),
    allKb: round(bytes / 1000),
    firstPaintMs: round(await page.evaluate<number>(FIRST_PAINT)),
    interactiveMs: round(interactiveMs),
  };
}

const FIRST_PAINT = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`;

async function manyTrials(page: Page, url: string, count: number): Promise<BenchResult> {
  const id = crypto.randomUUID();
  await page.route(`**/v1/sweeps/${id}**`, (route) => route.fulfill({ json: sweepOf(id, count) }));
  await page.route(`**/v1/sweeps/${id}/results`, (route) => route.fulfill({ status: 404, json: {} }));
  const columns = columnsOf(count);
  await page.route(`**/v1/sweeps/${id}/trials/columns`, (route) => route.fulfill({ json: columns }));
  return { ...NOTHING, page: 'sweep', trials: count, ...(await scrolled(page, `${url}/#/sweeps/${id}`, count)) };
}

/** As many trials, of which some change while the table is scrolled. */
async function liveTrials(page: Page, server: { url: string; apiKey: string }): Promise<BenchResult> {
  const live = await startLiveSweep({ target: server.url, ...LIVE });
  try {
    await signIn(page, { ...server, url: live.url });
    const figures = await scrolled(page, `${live.url}/#/sweeps/${live.id}`, LIVE.trials);
    return { ...NOTHING, page: 'sweep, live', trials: LIVE.trials, ...figures };
  } finally {
    await page.goto(server.url);
    await live.close();
  }
}

async function scrolled(page: Page, address: string, count: number) {
  const started = performance.now();
  await page.goto(address);
  await page.getByRole('heading', { name: `${count} trials`, exact: true }).waitFor({ timeout: 120_000 });
  const interactiveMs = performance.now() - started;
  const frames = await page.evaluate<number[]>(SCROLL);
  return {
    interactiveMs: round(interactiveMs),
    framesP95Ms: round(quantile(frames, 0.95)),
    framesMaxMs: round(Math.max(...frames)),
  };
}

/** The graph of a model, from its address to its first layer. */
async function manyLayers(page: Page, client: Client, url: string): Promise<BenchResult> {
  const { id } = await client.uploadModel({ name: 'long', body: new Blob([longModel(LAYERS)]) });
  const started = performance.now();
  await page.goto(`${url}/#/models/${id}`);
  const graph = page.getByRole('group', { name: 'Graph of the model' });
  await graph.locator('text').first().waitFor({ timeout: 120_000 });
  return { ...NOTHING, page: `model, ${LAYERS} layers`, interactiveMs: round(performance.now() - started) };
}

/** The answer that a page of the list of jobs asks for, before it is compressed. */
async function listOfJobs(client: Client, { url, apiKey }: { url: string; apiKey: string }): Promise<BenchResult> {
  const { id: model } = await client.uploadModel({ name: 'small', body: new Blob([longModel(20)]) });
  const body = Array.from({ length: LISTED }, (_, index) => ({ name: `job ${index}`, model, recipe: RECIPE }));
  await client.submitJobs({ body });
  const headers = { authorization: `Bearer ${apiKey}`, 'accept-encoding': 'identity' };
  const answer = await fetch(`${url}/v1/jobs?limit=${LISTED}`, { headers });
  return { ...NOTHING, page: `list of ${LISTED} jobs`, listKb: round((await answer.arrayBuffer()).byteLength / 1000) };
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

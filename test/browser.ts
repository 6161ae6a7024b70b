import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page, type Request } from 'playwright-core';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
/** A busy machine computes a stage in a minute. */
const PATIENCE_MS = 200_000;
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page in a browser of its own, with a profile that goes when it is closed. */
export interface OpenPage {
  page: Page;
  /** What the page threw, and what it wrote as errors; answers of 4xx left out, which Chromium reports itself. */
  problems: string[];
  close(): Promise<void>;
}

/** `flags` are more of Chromium's. */
export async function openPage(flags: readonly string[] = []): Promise<OpenPage> {
  if (!CHROMIUM) throw new Error('chromium is missing: install it with `apt-get install chromium`');
  const profile = await mkdtemp(join(tmpdir(), 'coldpress-chromium-'));
  const viewport = { width: 1200, height: 900 };
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    timeout: PATIENCE_MS,
    args: [...FLAGS, ...flags],
    viewport,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  followRequests(page);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text());
  });
  return {
    page,
    problems,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Signs a fresh tab in. */
export async function signIn(page: Page, { url, apiKey }: { url: string; apiKey: string }): Promise<void> {
  await page.goto(url);
  await page.getByLabel('API key').fill(apiKey);
  await page.getByRole('button', { name: 'Open dashboard' }).click();
  await page.getByRole('heading', { name: 'Jobs' }).waitFor();
}

const underWay = new WeakMap<Page, Set<Request>>();

function followRequests(page: Page): void {
  const open = new Set<Request>();
  underWay.set(page, open);
  page.on('request', (request) => open.add(request));
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
}

/** Frames within which what an answer brought is drawn, and asks for what it needs. */
const FRAMES_TO_ASK = 3;
/** Evaluated, it ends once what stands is drawn. */
export const FRAME = 'new Promise((done) => requestAnimationFrame(() => setTimeout(done)))';

/**
 * Waits until the page waits for no answer and asks for nothing more. "networkidle" is over for good once a document
 * has been so, wherever in it one has gone since.
 */
export async function atRest(page: Page): Promise<void> {
  for (let frames = 0; frames < FRAMES_TO_ASK; frames = underWay.get(page)?.size === 0 ? frames + 1 : 0)
    await page.evaluate(FRAME);
}

/** Waits until the tab is called so. */
export async function titled(page: Page, title: string): Promise<void> {
  while ((await page.title()) !== title) await page.evaluate(FRAME);
}

/** Requests to the API from now on, by method-less path. */
export function requestsOf(page: Page): () => string[] {
  const paths: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/v1')) paths.push(pathname);
  });
  return () => [...paths];
}

/** Bytes of JavaScript's heap once what nothing holds is gone. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return usedSize;
  } finally {
    await session.detach();
  }
}

/** As the browser tells a page that its tab was left or come back to. */
export async function setHidden(page: Page, hidden: boolean): Promise<void> {
  const state = hidden ? 'hidden' : 'visible';
  await page.evaluate(
    `Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${state}' }); document.dispatchEvent(new Event('visibilitychange', { bubbles: true })); undefined`,
  );
}

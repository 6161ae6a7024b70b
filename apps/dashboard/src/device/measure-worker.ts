import type { InferenceSession } from 'onnxruntime-web';
import {
  HEALTH_INPUT,
  HEALTH_MODEL,
  healthFault,
  measure,
  settingsOf,
  thinned,
  thinnedStarts,
  throughputSettings,
} from '#measurement';
import { browserFeeds, type BrowserFeed } from './feeds.js';
import type { About, BrowserMeasurement, MeasuringMessage, MeasuringRequest } from './messages.js';
import { providers, runtime, type Ort } from './runtime.js';
import { profileSession } from './session-profile.js';

/** Runs models apart from the page, whose heartbeats must not wait for them. */
type Asked<K extends MeasuringRequest['kind']> = Extract<MeasuringRequest, { kind: K }>;

/** A sample is at least so many steps of the clock, which browsers make coarse. */
const TICKS = 100;

async function about(): Promise<About> {
  const { env } = await runtime();
  return { runtime: `onnxruntime-web ${env.versions.web ?? 'unknown'}`, providers: await providers() };
}

/** What is wrong with the runtime; null where nothing is. */
async function health(): Promise<string | null> {
  const ort = await runtime();
  const bytes = Uint8Array.from(atob(HEALTH_MODEL), (char) => char.charCodeAt(0));
  const session = await create(ort, bytes);
  const x = new ort.Tensor('float32', Float32Array.from(HEALTH_INPUT), [HEALTH_INPUT.length]);
  const { z } = await session.run({ x });
  return healthFault((await z?.getData()) as Float32Array | undefined);
}

async function run({ models, settings, ...fed }: Asked<'measure'>): Promise<BrowserMeasurement> {
  const ort = await runtime(settings.threads);
  const feeds = browserFeeds(ort, fed, settings.seed);
  const [feed = {}] = feeds;
  const sessions: InferenceSession[] = [];
  const loads: { coldLoadMs: number; warmLoadMs: null; firstRunMs: number }[] = [];
  for (const { bytes } of models) {
    const cold = await timed(() => create(ort, bytes));
    const first = await timed(() => read(cold.value, feed));
    sessions.push(cold.value);
    loads.push({ coldLoadMs: cold.ms, warmLoadMs: null, firstRunMs: first.ms });
  }
  const onProgress = (fraction: number) => send({ type: 'progress', fraction });
  const plan = { ...settingsOf(settings), ticks: TICKS };
  const timing = await measure(subjectsOf(sessions, feeds), plan, performance, { onProgress });
  const { samplesMs, atSeconds, runsPerSample, isQuick, seconds, stoppedBy, clockResolutionMs } = timing;
  for (const session of sessions) await session.release();
  const nodes = settings.profile ? await profiles(ort, models, feed) : [];
  const sent = thinned(samplesMs);
  return {
    models: models.map(({ digest }, index) => ({
      digest,
      ...(loads[index] ?? { coldLoadMs: 0, warmLoadMs: null, firstRunMs: 0 }),
      samplesMs: sent[index] ?? [],
      runsPerSample: runsPerSample[index] ?? 1,
      peakRssBytes: null,
      nodes: nodes[index] ?? null,
    })),
    atSeconds: thinnedStarts(atSeconds, samplesMs),
    blocks: samplesMs[0]?.length ?? 0,
    ...{ seconds, stoppedBy, quick: isQuick, clockResolutionMs },
    notes: ['all models were loaded by one process', ...threadNote(settings.threads)],
  };
}

async function throughput({ models, threads, seconds, seed, ...fed }: Asked<'throughput'>): Promise<number[][]> {
  const ort = await runtime(threads);
  const feeds = browserFeeds(ort, fed, seed);
  const sessions: InferenceSession[] = [];
  for (const { bytes } of models) sessions.push(await create(ort, bytes));
  const plan = { ...throughputSettings(seconds, seed), ticks: TICKS };
  return (await measure(subjectsOf(sessions, feeds), plan, performance)).samplesMs;
}

async function profiles(ort: Ort, models: readonly { bytes: Uint8Array }[], feed: BrowserFeed) {
  const found: Awaited<ReturnType<typeof profileSession>>[] = [];
  for (const { bytes } of models) found.push(await profileSession(ort, bytes, feed, models.length));
  return found;
}

async function create(ort: Ort, bytes: Uint8Array): Promise<InferenceSession> {
  return ort.InferenceSession.create(bytes, { executionProviders: await providers() });
}

const threadNote = (threads: number): string[] =>
  threads > 1 && !self.crossOriginIsolated ? ['one thread: the page is not isolated'] : [];

const subjectsOf = (sessions: readonly InferenceSession[], feeds: readonly BrowserFeed[]) =>
  sessions.map((session) => ({ run: (index: number) => read(session, feeds[index % feeds.length] ?? {}) }));

/** Outputs are read back within the time: of a graphics card a run is only begun otherwise. */
async function read(session: InferenceSession, feed: BrowserFeed): Promise<void> {
  const outputs = await session.run(feed);
  for (const output of Object.values(outputs)) await output.getData();
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

const send = (message: MeasuringMessage): void => self.postMessage(message);

function answerTo(request: MeasuringRequest): Promise<unknown> {
  switch (request.kind) {
    case 'about':
      return about();
    case 'health':
      return health();
    case 'throughput':
      return throughput(request);
    default:
      return run(request);
  }
}

self.addEventListener('message', ({ data }: MessageEvent<MeasuringRequest>) => {
  answerTo(data).then(
    (value) => send({ type: 'done', answer: value }),
    (error: unknown) => send({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});

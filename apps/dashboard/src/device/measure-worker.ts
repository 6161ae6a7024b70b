import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { madeUpValues, measure, seededDraws, settingsOf, thinned } from '#measurement';
import type { BenchmarkInput } from '#contracts';
import type { About, Measured, Message, Request } from './messages.js';

/** Runs models apart from the page, whose heartbeats must not wait for them. */
type Ort = typeof import('onnxruntime-web');

const isGpu = 'gpu' in navigator && (navigator as { gpu?: unknown }).gpu !== undefined;

/** WebGPU where there is one, and WebAssembly, with threads where the page is isolated. */
async function load(): Promise<Ort> {
  const ort = (isGpu ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm')) as Ort;
  ort.env.wasm.numThreads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  return ort;
}

const loading = load();

async function providers(): Promise<string[]> {
  const adapter = isGpu
    ? await (navigator as unknown as { gpu: { requestAdapter(): Promise<unknown> } }).gpu.requestAdapter()
    : null;
  return adapter ? ['webgpu', 'wasm'] : ['wasm'];
}

async function about(): Promise<About> {
  const { env } = await loading;
  return { runtime: `onnxruntime-web ${env.versions.web ?? 'unknown'}`, providers: await providers() };
}

async function run({ models, inputs, settings }: Extract<Request, { kind: 'measure' }>): Promise<Measured> {
  const ort = await loading;
  ort.env.wasm.numThreads = self.crossOriginIsolated ? settings.threads : 1;
  const executionProviders = await providers();
  const feeds = makeInputs(ort, inputs, settings.seed);
  const sessions: InferenceSession[] = [];
  const loads: { coldLoadMs: number; warmLoadMs: null; firstRunMs: number }[] = [];
  for (const { bytes } of models) {
    const cold = await timed(() => ort.InferenceSession.create(bytes, { executionProviders }));
    const first = await timed(() => read(cold.value, feeds));
    sessions.push(cold.value);
    loads.push({ coldLoadMs: cold.ms, warmLoadMs: null, firstRunMs: first.ms });
  }
  const subjects = sessions.map((session) => ({ run: () => read(session, feeds) }));
  const onProgress = (fraction: number) => send({ type: 'progress', fraction });
  const plan = { ...settingsOf(settings), ticks: 100 };
  const { samplesMs, runsPerSample, isQuick, seconds, stoppedBy, clockResolutionMs } = await measure(
    subjects,
    plan,
    performance,
    { onProgress },
  );
  const sent = thinned(samplesMs);
  return {
    models: models.map(({ digest }, index) => ({
      digest,
      ...(loads[index] ?? { coldLoadMs: 0, warmLoadMs: null, firstRunMs: 0 }),
      samplesMs: sent[index] ?? [],
      runsPerSample: runsPerSample[index] ?? 1,
      peakRssBytes: null,
      nodes: null,
    })),
    blocks: samplesMs[0]?.length ?? 0,
    ...{ seconds, stoppedBy, quick: isQuick, clockResolutionMs },
    notes: ['the inputs are made up', 'all models were loaded by one process', ...threadNote(settings.threads)],
  };
}

const threadNote = (threads: number): string[] =>
  threads > 1 && !self.crossOriginIsolated ? ['one thread: the page is not isolated'] : [];

/** Outputs are read back within the time: of a graphics card a run is only begun otherwise. */
async function read(session: InferenceSession, feeds: Record<string, Tensor>): Promise<void> {
  const outputs = await session.run(feeds);
  for (const output of Object.values(outputs)) await output.getData();
}

function makeInputs(ort: Ort, inputs: readonly BenchmarkInput[], seed: number): Record<string, Tensor> {
  const random = seededDraws(seed);
  return Object.fromEntries(
    inputs.map(({ name, type, dims }) => {
      const count = dims.reduce((product, dim) => product * dim, 1);
      const data = madeUpValues(type, count, random);
      if (!data) throw new TypeError(`nothing is made up for input "${name}" of type ${type}`);
      return [name, new ort.Tensor(type as 'float32', data as Float32Array, dims)];
    }),
  );
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}

const send = (message: Message): void => self.postMessage(message);

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  const answer: Promise<unknown> = data.kind === 'about' ? about() : run(data);
  answer.then(
    (value) => send({ type: 'done', answer: value }),
    (error: unknown) => send({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});

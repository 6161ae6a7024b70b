import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CATALOG, type Pass, type PassContext, type PassResult } from '#compression';
import type { PassName } from '#contracts';
import { inspectDataset, openDataset, recordStates, type Dataset } from '#datasets';
import { modelFigures } from '#evaluation';
import { Session } from '#inference';
import { loadModel, readModel, runnableBytes, writeModel } from '#onnx';
import { checkCall, optionsOf } from './check-call.js';
import { PassOutcome } from './pass-outcome.js';
import { threadsOf, type Settings } from './settings.js';

/** A model: a path, the bytes of an ONNX file, or what another pass made. */
export type ModelInput = string | Uint8Array | PassOutcome;

/**
 * Runs one pass in this process. Throws CallError for a call that cannot run, DatasetError for data that cannot be
 * read, an OnnxError for a model
 * that cannot, and CompressionError for what the pass itself finds.
 */
export async function applyPass<N extends PassName>(
  name: N,
  model: ModelInput,
  given: object,
  settings: Settings,
): Promise<PassOutcome> {
  const options = optionsOf(name, given);
  const bytes = await bytesOf(model);
  const history = model instanceof PassOutcome ? [...model.history, model.bytes] : [bytes];
  const inspection = settings.data === undefined ? null : await inspectDataset(settings.data);
  await checkCall(name, { model: readModel(bytes), options, data: inspection });
  const outputPath = await mkdtemp(join(tmpdir(), 'coldpress-library-'));
  const opened = settings.data === undefined ? null : await openDataset(settings.data);
  let data = opened;
  try {
    if (opened?.sequenceSteps) data = await withStates(opened, bytes, settings);
    const runnable = history.map(runnableBytes);
    const [baseline = bytes] = runnable;
    const context = { ...contextOf(settings), model: readModel(bytes), baseline, history: runnable, data, outputPath };
    const pass: Pass<N> = CATALOG[name];
    return await outcomeOf(await pass.run(context, options), { bytes, history, outputPath });
  } finally {
    await (data ?? opened)?.close();
    await rm(outputPath, { recursive: true, force: true });
  }
}

/** The model as one file, whatever lay beside it. */
async function bytesOf(model: ModelInput): Promise<Uint8Array> {
  if (model instanceof PassOutcome) return model.bytes;
  return typeof model === 'string' ? writeModel(await loadModel(model)) : model;
}

type Given = Pick<PassContext, 'seed' | 'threads' | 'memoryMb' | 'customMetrics' | 'progress' | 'log'>;

function contextOf(settings: Settings): Given {
  const { seed = 0, memoryMb, customMetrics = false, progress, log } = settings;
  return {
    seed,
    threads: threadsOf(settings),
    ...(memoryMb === undefined ? {} : { memoryMb }),
    customMetrics,
    progress: (fraction, message) => progress?.(fraction, message),
    log: (line) => log?.(line),
  };
}

/** The data with the states that the model hands on from step to step. */
async function withStates(data: Dataset, bytes: Uint8Array, settings: Settings): Promise<Dataset> {
  const session = await Session.create(runnableBytes(bytes), { threads: threadsOf(settings) });
  try {
    return await recordStates(data.bindInputs(session.inputs.map(({ name }) => name)), session);
  } finally {
    await session.release();
  }
}

interface Work {
  bytes: Uint8Array;
  history: readonly Uint8Array[];
  outputPath: string;
}

async function outcomeOf(result: PassResult, { bytes: before, history, outputPath }: Work): Promise<PassOutcome> {
  const bytes = result.model ? writeModel(result.model) : before;
  const read = async (name: string) => [name, await readFile(join(outputPath, name))] as const;
  const files = new Map<string, Uint8Array>(await Promise.all((result.files ?? []).map(read)));
  return new PassOutcome(bytes, result.model ? history : history.slice(0, -1), {
    isChanged: result.model !== null,
    sizes: modelFigures(bytes),
    metrics: result.history ?? [],
    skipped: result.skipped,
    summary: result.summary,
    files,
  });
}

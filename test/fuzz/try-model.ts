import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StageResult } from '#contracts';
import { inspectDataset, openDataset } from '#datasets';
import { Session } from '#inference';
import { inspectModel, loadModel, writeModel } from '#onnx';
import { randomModel, writeRandomData } from '#testing';
import { preflight } from '../../apps/worker/src/child/preflight.js';
import { RESULT_MODEL, runStage } from '../../apps/worker/src/child/run-stage.js';
import { compareModels } from './compare.js';
import { reportProblems } from './report-problems.js';
import type { FuzzTrial } from './trials.js';

/** What came of one pass on one model. */
export interface TryOutcome {
  seed: number;
  trial: string;
  /**
   * `refused` before a job would be accepted, `held`, or `broken`: it failed later, or its result is not what it says.
   */
  state: 'refused' | 'held' | 'broken';
  /** Why, but for `held`. */
  message: string;
}

/**
 * Puts the random model of a seed through the trials, each as a job would go: upload, preflight, stage, and its result
 * against what it reports.
 */
export async function tryModel(seed: number, trials: readonly FuzzTrial[]): Promise<TryOutcome[]> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-fuzz-'));
  try {
    const { model } = randomModel(seed);
    const modelPath = join(folder, 'input.onnx');
    await writeFile(modelPath, writeModel(model));
    inspectModel(await loadModel(modelPath));
    await (await Session.create(modelPath)).release();
    await writeRandomData(folder, model, seed);
    const outcomes: TryOutcome[] = [];
    for (const trial of trials) {
      const tried = await tryPass(trial, { folder, modelPath }).catch((error: unknown) => ({
        state: 'broken' as const,
        message: messageOf(error),
      }));
      outcomes.push({ seed, trial: trial.name, ...tried });
    }
    return outcomes;
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Files {
  /** Holds the data set. */
  folder: string;
  modelPath: string;
}

async function tryPass(trial: FuzzTrial, { folder, modelPath }: Files): Promise<Pick<TryOutcome, 'state' | 'message'>> {
  const { pass, options } = trial;
  const dataset = await inspectDataset(folder);
  const [{ problems } = { problems: [] }] = await preflight({
    kind: 'preflight',
    modelPath,
    dataset,
    recipes: [[{ pass, options }]],
    models: [],
  });
  if (problems.length > 0)
    return { state: 'refused', message: problems.map(({ field, message }) => `${field}: ${message}`).join('; ') };
  const outputPath = join(folder, trial.name);
  await mkdir(outputPath);
  const result = await runStage(requestOf(trial, { folder, modelPath }, outputPath), {
    progress: () => undefined,
    log: () => undefined,
  });
  const found = await resultProblems(trial, result, { folder, modelPath }, outputPath);
  return found.length > 0 ? { state: 'broken', message: found.join('; ') } : { state: 'held', message: '' };
}

function requestOf(
  { pass, options }: FuzzTrial,
  { folder, modelPath }: Files,
  outputPath: string,
): Parameters<typeof runStage>[0] {
  const model = { path: modelPath, digest: createHash('sha256').update(modelPath).digest('hex') };
  return {
    kind: 'stage',
    pass,
    options,
    seed: 1,
    threads: 1,
    model,
    baseline: model,
    history: [model],
    models: [],
    datasetPath: folder,
    outputPath,
  };
}

/** What is wrong with a result: it does not run, is another model than the one before, or not what its report says. */
async function resultProblems(
  { pass, leastSnrDb }: FuzzTrial,
  result: StageResult,
  { folder, modelPath }: Files,
  outputPath: string,
): Promise<string[]> {
  if (!result.changed) return reportProblems(pass, result, null);
  const data = await openDataset(folder);
  try {
    const bytes = await readFile(join(outputPath, RESULT_MODEL));
    const { problems, snrDb } = await compareModels(await readFile(modelPath), bytes, data, 'calibration');
    const poor =
      leastSnrDb === undefined
        ? []
        : [...snrDb]
            .filter(([, snr]) => snr < leastSnrDb)
            .map(([name, snr]) => `output "${name}" keeps ${snr.toFixed(1)} dB where ${leastSnrDb} is the least`);
    return [...problems, ...poor, ...reportProblems(pass, result, { bytes, snrDb })];
  } finally {
    await data.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

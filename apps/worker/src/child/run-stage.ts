import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, type StageRequest, type StageResult } from '#contracts';
import { openDataset, recordStates, type Dataset } from '#datasets';
import { modelFigures } from '#evaluation';
import { Session } from '#inference';
import { loadModel, runnableBytes, writeModel } from '#onnx';
import type { Reporter } from '#process';
import { namedParts, lostParts, withWarnings } from './lost-parts.js';
import { passNamed, runPass } from './run-pass.js';

/** Name of the result model in the output folder. */
export const RESULT_MODEL = 'model.onnx';

const KIB_PER_MIB = 1024;

/** Runs one pass on files and leaves its files in the output folder. */
export async function runStage(request: StageRequest, report: Reporter): Promise<StageResult> {
  const name = passNamed(request.pass);
  report.progress(0, 'reading the model and the data');
  const opened = request.datasetPath !== null ? await openDataset(request.datasetPath) : null;
  let data = opened;
  try {
    if (opened?.sequenceSteps) data = await withStates(opened, request, report);
    const context = {
      model: await loadModel(request.model.path, { alone: true }),
      baseline: await readRunnable(request.baseline.path),
      history: await Promise.all(request.history.map(({ path }) => readRunnable(path))),
      models: new Map(
        await Promise.all(
          request.models.map(async ({ path, digest }): Promise<[string, Uint8Array]> => [
            digest,
            await readRunnable(path),
          ]),
        ),
      ),
      data,
      seed: request.seed,
      threads: request.threads,
      ...(request.memoryMb === undefined ? {} : { memoryMb: request.memoryMb }),
      customMetrics: request.customMetrics === true,
      outputPath: request.outputPath,
      ...(request.checkpointFile === undefined ? {} : { checkpointFile: request.checkpointFile }),
      ...(request.checkpointLost === undefined ? {} : { checkpointLost: request.checkpointLost }),
      ...(request.checkpointFrom === undefined ? {} : { checkpointFrom: request.checkpointFrom }),
      ...(request.checkpointMs === undefined ? {} : { checkpointMs: request.checkpointMs }),
      progress: opened?.sequenceSteps ? behindStates(report) : report.progress,
      log: report.log,
    };
    const startedAt = performance.now();
    const before = namedParts(context.model);
    const result = await runPass(name, context, request.options);
    const seconds = (performance.now() - startedAt) / 1000;
    const bytes = result.model ? writeModel(result.model) : await readFile(request.model.path);
    if (result.model) await writeFile(join(request.outputPath, RESULT_MODEL), bytes);
    return {
      changed: result.model !== null,
      seconds,
      metrics: result.history?.at(-1) ?? modelFigures(bytes),
      ...(result.history ? { history: result.history } : {}),
      skipped: result.skipped,
      summary: withWarnings(result.summary, result.model ? lostParts(before, namedParts(result.model)) : []),
      files: result.files ?? [],
      peakMemoryMb: Math.ceil(process.resourceUsage().maxRSS / KIB_PER_MIB),
    };
  } finally {
    await (data ?? opened)?.close();
  }
}

/** Share of a stage that recording states takes on the progress bar, before its pass begins. */
const STATES_SHARE = 0.1;

function behindStates({ progress }: Reporter): Reporter['progress'] {
  return (fraction, message, values) => progress(STATES_SHARE + (1 - STATES_SHARE) * fraction, message, values);
}

/** The data set with the states that the stage's input model hands on. */
async function withStates(data: Dataset, { model, threads }: StageRequest, report: Reporter): Promise<Dataset> {
  const session = await Session.create(await readRunnable(model.path), { threads });
  try {
    report.log('states: the model is run through every sequence');
    const bound = data.bindInputs(session.inputs.map(({ name }) => name));
    const tell = (done: number, total: number) =>
      report.progress((STATES_SHARE * done) / total, `states: ${done} of ${counted(total, 'step')} of all sequences`);
    return await recordStates(bound, session, tell);
  } finally {
    await session.release();
  }
}

async function readRunnable(path: string): Promise<Uint8Array> {
  return runnableBytes(await readFile(path));
}

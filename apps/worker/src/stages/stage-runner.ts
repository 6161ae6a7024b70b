import { basename, join } from 'node:path';
import {
  StageResult,
  type ArtifactRef,
  type Config,
  type Failure,
  type Job,
  type QueueJobs,
  type StageMetrics,
} from '#contracts';
import type {
  DatasetRepository,
  EventRepository,
  JobRepository,
  StageOutcome,
  StageRepository,
  StoredResult,
} from '#database';
import { nextStep, planStages, stageKey, type PlannedStage } from '#pipeline';
import { ProcessError, type ProcessPool } from '#process';
import { Interrupted, PermanentFailure, Postponed, type Attempt } from '#queue';
import type { ArtifactStore } from '#storage';
import { CancelledError, judge } from './failures.js';
import { CheckpointKeeper } from './checkpoint-keeper.js';
import type { CheckpointStore } from './checkpoint-store.js';
import type { FileCache } from './file-cache.js';
import { OUTAGE_MS, outlast } from './outage.js';
import type { ResultCache } from './result-cache.js';
import { StageFolder } from './stage-folder.js';
import { StageReporter } from './stage-reporter.js';
import type { TransferSizes } from './transfer-sizes.js';

export interface StageRunnerParts {
  config: Pick<Config, 'workPath' | 'stageThreads' | 'stageMemoryMb' | 'stageTimeoutS' | 'checkpointMs'>;
  jobs: JobRepository;
  stages: StageRepository;
  events: EventRepository;
  datasets: DatasetRepository;
  results: ResultCache;
  store: ArtifactStore;
  files: FileCache;
  checkpoints: CheckpointStore;
  pool: ProcessPool;
  sizes: TransferSizes;
  /** Told what went wrong without failing a stage. */
  onWarning(error: unknown, what: string): void;
  /** What of this machine enters the keys of stages. */
  runtime(stage: PlannedStage): string;
  /** This machine, for people. */
  machine: string;
}

/** A stage as its job's records describe it. */
interface Task {
  job: Job;
  stage: PlannedStage;
  key: string;
  /** Digests of the job's models, baseline first, the stage's input last. */
  history: readonly string[];
  signal: AbortSignal;
}

const RESULT_MODEL = 'model.onnx';

/** Runs one stage of a job: finds its result or computes it in a child process, and records how it ended. */
export class StageRunner {
  constructor(private readonly parts: StageRunnerParts) {}

  /** Throws Interrupted when `shutdown` aborts, PermanentFailure when no attempt can help, and else what may pass. */
  async run(payload: QueueJobs['stage'], attempt: Attempt, shutdown: AbortSignal): Promise<void> {
    // BullMQ may hand a job that was given back to the closing worker once more.
    if (shutdown.aborted) throw new Interrupted();
    const { jobs, stages } = this.parts;
    const { jobId, index, run } = payload;
    const cancel = new AbortController();
    const signal = AbortSignal.any([cancel.signal, shutdown]);
    let stopListening = (): void => undefined;
    try {
      const job = await jobs.get(jobId);
      if (!job || !isNext(job, index)) return;
      const task = this.task(job, index, signal);
      if ((await stages.start(payload, task.key)).next !== 'run') return;
      stopListening = await stages.onCancel(jobId, () => cancel.abort(new CancelledError()));
      const outcome = await this.result(task);
      if (await this.outlast(() => stages.succeed(jobId, index, outcome), signal))
        this.parts.sizes.complete(jobId, index, outcome);
    } catch (error) {
      if (cancel.signal.aborted) return await stages.cancel(jobId, run);
      if (shutdown.aborted) return await this.giveBack(payload);
      await this.settle(error, payload, attempt);
    } finally {
      stopListening();
    }
  }

  private task(job: Job, index: number, signal: AbortSignal): Task {
    const stage = planStages(job.recipe)[index];
    if (!stage) throw new ProcessError('stage_missing', `the recipe has no stage ${index}`, true);
    const history = [job.modelId, ...job.stages.slice(0, index).map(({ modelDigest }) => modelDigest ?? job.modelId)];
    const input = history.at(-1) ?? job.modelId;
    const key = stageKey({
      stage,
      input,
      baseline: job.modelId,
      history,
      dataset: job.datasetId,
      seed: job.recipe.seed,
      runtime: this.parts.runtime(stage),
    });
    return { job, stage, key, history, signal };
  }

  /** Equal stages are computed once, whoever asks: the second waits for the first and takes its result. */
  private async result(task: Task): Promise<StageOutcome> {
    const { results } = this.parts;
    const known = await results.find(task.key);
    if (known) return toOutcome(known, true);
    return results.withLock(task.key, task.signal, async () => {
      const meanwhile = await results.find(task.key);
      if (meanwhile) return toOutcome(meanwhile, true);
      const computed = await this.compute(task);
      await this.outlast(() => results.put(computed), task.signal);
      await this.forgetCheckpoints(task.key);
      return toOutcome(computed, false);
    });
  }

  private async compute({ job, stage, key, history, signal }: Task): Promise<StoredResult> {
    const { config, files, pool, stages, events, datasets } = this.parts;
    const reporter = new StageReporter(stages, events, job.id, stage.index);
    const folder = await StageFolder.create(config.workPath, files);
    const warn = (error: unknown) => this.parts.onWarning(error, 'cannot keep a checkpoint');
    const checkpoint = new CheckpointKeeper(
      this.parts.checkpoints,
      key,
      folder.checkpointPath,
      config.checkpointMs,
      warn,
    );
    let isDone = false;
    try {
      const lost = await checkpoint.begin();
      const input = history.at(-1) ?? job.modelId;
      const request = {
        kind: 'stage' as const,
        pass: stage.pass,
        options: stage.options,
        seed: job.recipe.seed,
        threads: config.stageThreads,
        memoryMb: config.stageMemoryMb,
        model: await folder.model(input),
        baseline: await folder.model(job.modelId),
        history: stage.reads.history ? await inOrder(history, (digest) => folder.model(digest)) : [],
        models: await inOrder([...new Set(stage.reads.models.map(({ digest }) => digest))], (digest) =>
          folder.model(digest),
        ),
        datasetPath:
          stage.reads.data && job.datasetId !== null
            ? await folder.dataset(await datasets.stored(job.datasetId))
            : null,
        outputPath: folder.outputPath,
        checkpointFile: folder.checkpointPath,
        ...(lost === null ? {} : { checkpointLost: lost }),
        checkpointMs: config.checkpointMs,
      };
      if (stage.reads.machine) await this.parts.sizes.idle();
      const answer = await pool.run(request, {
        signal,
        memoryMb: config.stageMemoryMb,
        timeoutMs: config.stageTimeoutS * 1000,
        onProgress: (progress) => reporter.progress(progress),
        onLog: (line) => reporter.log(line),
      });
      const result = StageResult.parse(answer);
      const stored = {
        key,
        pass: stage.pass,
        ...(await outlast(
          () => this.keep(result, folder, job, input),
          signal,
          (message) => reporter.log(`${message}: the result waits until it does`),
        )),
        seconds: result.seconds,
      };
      isDone = true;
      return stored;
    } finally {
      await checkpoint.end({ last: !isDone });
      await reporter.close();
      await folder.remove();
    }
  }

  /** Puts the stage's files into the store. */
  private async keep(
    result: StageResult,
    folder: StageFolder,
    job: Job,
    input: string,
  ): Promise<Omit<StoredResult, 'key' | 'pass' | 'seconds'>> {
    const { files } = this.parts;
    const model = result.changed ? [await this.putFile(folder, RESULT_MODEL)] : [];
    const kept = await inOrder(
      result.files.map((name) => basename(name)),
      (name) => this.putSideFile(folder, name),
    );
    const artifacts: ArtifactRef[] = [...model, ...kept.flatMap(({ artifact }) => artifact ?? [])];
    const lost = kept.flatMap(({ problem }) => problem ?? []);
    const { changed, skipped } = result;
    const summary = { ...withWarnings(result.summary, lost), machine: this.parts.machine };
    const modelDigest = model[0]?.digest ?? input;
    if (changed) await files.adopt(modelDigest, join(folder.outputPath, RESULT_MODEL));
    const metrics = { ...knownSize(job, modelDigest), ...result.metrics };
    return {
      modelDigest,
      modelBytes: metrics.bytes,
      changed,
      metrics,
      history: result.history ?? null,
      skipped,
      summary,
      artifacts,
    };
  }

  private async putFile(folder: StageFolder, name: string): Promise<ArtifactRef> {
    const { digest, bytes } = await this.parts.store.putFile(join(folder.outputPath, name));
    return { name, digest, bytes };
  }

  /** A plot or table that the store does not take costs the result a warning; a store that does not answer is waited for. */
  private async putSideFile(folder: StageFolder, name: string): Promise<{ artifact?: ArtifactRef; problem?: string }> {
    try {
      return { artifact: await this.putFile(folder, name) };
    } catch (error) {
      const { outage, failure } = judge(error);
      if (outage) throw error;
      return { problem: `${name} is not kept: ${failure.message}` };
    }
  }

  /** What is left is swept later: the result is safe. */
  private async forgetCheckpoints(key: string): Promise<void> {
    await this.parts.checkpoints
      .forget(key)
      .catch((error: unknown) => this.parts.onWarning(error, 'cannot remove checkpoints'));
  }

  private outlast<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return outlast(work, signal, (message) =>
      this.parts.onWarning(new ProcessError('outage', message, false), 'a result waits for its server'),
    );
  }

  private async giveBack({ jobId, index, run }: QueueJobs['stage']): Promise<never> {
    const failure = { code: 'interrupted', message: 'the worker is shutting down; another one takes over' };
    await this.parts.stages.postpone(jobId, index, failure, run);
    throw new Interrupted();
  }

  private async settle(error: unknown, payload: QueueJobs['stage'], { isLast, attempt }: Attempt): Promise<never> {
    const { jobId, index, run } = payload;
    const { failure, permanent, outage } = judge(error);
    if (outage) return await this.waitFor(error, failure, payload);
    if (permanent || isLast) {
      const message =
        permanent || attempt === 1 ? failure.message : `${failure.message} (attempt ${attempt}, the last)`;
      await this.parts.stages.fail(jobId, index, { ...failure, message }, run);
      throw new PermanentFailure(error);
    }
    await this.parts.stages.postpone(jobId, index, failure, run);
    throw error;
  }

  /** The reason is shown where the records can be written; they are what does not answer, or the store is. */
  private async waitFor(error: unknown, failure: Failure, payload: QueueJobs['stage']): Promise<never> {
    const { jobId, index, run } = payload;
    await this.parts.stages.postpone(jobId, index, failure, run).catch(() => undefined);
    throw new Postponed(OUTAGE_MS, error);
  }
}

function withWarnings(summary: Record<string, unknown>, problems: readonly string[]): Record<string, unknown> {
  if (problems.length === 0) return summary;
  const { warnings } = summary;
  return { ...summary, warnings: [...(Array.isArray(warnings) ? (warnings as unknown[]) : []), ...problems] };
}

function isNext(job: Job, index: number): boolean {
  const step = nextStep(
    job.state,
    job.stages.map(({ state }) => state),
  );
  return step.kind === 'run' && step.index === index;
}

/** The transfer size of a model that the job's records have measured: that of a pass which changed nothing. */
function knownSize({ modelId, baseline, stages }: Job, digest: string): Pick<StageMetrics, 'compressedBytes'> {
  const models = [{ modelDigest: modelId, metrics: baseline }, ...stages];
  const size = models.find(
    ({ modelDigest, metrics }) => modelDigest === digest && metrics?.compressedBytes !== undefined,
  )?.metrics?.compressedBytes;
  return size === undefined ? {} : { compressedBytes: size };
}

function toOutcome(result: StoredResult, cached: boolean): StageOutcome {
  const { key, modelDigest, metrics, skipped, summary, artifacts, seconds, history } = result;
  return {
    key,
    cached,
    modelDigest,
    metrics,
    skipped,
    summary,
    artifacts,
    ...(history ? { measured: history } : {}),
    ...(cached ? {} : { seconds }),
  };
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

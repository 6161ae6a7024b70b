import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Config, Failure, Job, QueueJobs } from '#contracts';
import { JobRepository, StageRepository, type StageOutcome, type StoredResult } from '#database';
import { CONFIG } from '#infrastructure';
import { nextStep } from '#pipeline';
import { ProcessError } from '#process';
import { Interrupted, PermanentFailure, Postponed, type Attempt } from '#queue';
import { BenchmarkFanOut } from '../devices/benchmark-fan-out.js';
import type { Processor } from '../queue/processor.js';
import { CheckpointStore } from './checkpoint-store.js';
import { CancelledError, judge } from './failures.js';
import { OUTAGE_MS, outlast } from './outage.js';
import { ResultCache } from './result-cache.js';
import { StageComputation } from './stage-computation.js';
import { GateFailed, StageGates } from './stage-gates.js';
import { taskOf, type Task } from './task.js';
import { TransferSizes } from './transfer-sizes.js';

type StagePayload = QueueJobs['stage'];

/** The life of a stage: claims it, finds its result or has it computed, and records how it ended. */
@Injectable()
export class StageProcessor implements Processor<'stage'> {
  private readonly logger = new Logger(StageProcessor.name);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly jobs: JobRepository,
    private readonly stages: StageRepository,
    private readonly results: ResultCache,
    private readonly computation: StageComputation,
    private readonly checkpoints: CheckpointStore,
    private readonly sizes: TransferSizes,
    private readonly gates: StageGates,
    private readonly fanOut: BenchmarkFanOut,
  ) {}

  /**
   * Throws Interrupted when the worker shuts down, PermanentFailure when no attempt can help, and else what may pass.
   */
  async process(payload: StagePayload, attempt: Attempt): Promise<void> {
    const { shutdown } = attempt;
    // BullMQ may hand a job that was given back to the closing worker once more.
    if (shutdown.aborted) throw new Interrupted();
    const { jobId, index, run } = payload;
    const cancel = new AbortController();
    const signal = AbortSignal.any([cancel.signal, shutdown]);
    let stopListening = (): void => undefined;
    try {
      const job = await this.jobs.get(jobId);
      if (!job || !isNext(job, index)) return;
      const task = taskOf(job, index, this.config);
      if ((await this.stages.start(payload, task.key)).next !== 'run') return;
      stopListening = await this.stages.onCancel(jobId, () => cancel.abort(new CancelledError()));
      const outcome = await this.gates.judge(task, await this.result(task, signal));
      if (!outcome.failure) await this.fanOut.begin(task, outcome);
      if (await this.outlast(() => this.stages.succeed(jobId, index, outcome), signal))
        this.sizes.complete(jobId, index, outcome);
      if (outcome.failure) throw new GateFailed(outcome.failure.message);
    } catch (error) {
      // The records say so already; the queue's job fails as well, so that no stage follows.
      if (error instanceof GateFailed) throw new PermanentFailure(error);
      if (cancel.signal.aborted) return await this.stages.cancel(jobId, run);
      if (shutdown.aborted) return await this.giveBack(payload);
      await this.settle(error, payload, attempt);
    } finally {
      stopListening();
    }
  }

  /** Equal stages are computed once, whoever asks: the second waits for the first and takes its result. */
  private async result(task: Task, signal: AbortSignal): Promise<StageOutcome> {
    const known = await this.known(task);
    if (known) return toOutcome(known, true);
    return this.results.withLock(task.key, signal, async () => {
      const meanwhile = await this.known(task);
      if (meanwhile) return toOutcome(meanwhile, true);
      const computed = await this.computation.run(task, signal);
      await this.outlast(() => this.results.put(computed), signal);
      await this.forgetCheckpoints(task.key);
      return toOutcome(computed, false);
    });
  }

  /** A result from before, unless the job is to compute all anew. */
  private async known({ job, key }: Task): Promise<StoredResult | null> {
    return job.recipe.fresh === true ? null : this.results.find(key);
  }

  /** What is left is swept later: the result is safe. */
  private async forgetCheckpoints(key: string): Promise<void> {
    const warn = (error: unknown) => this.logger.warn({ err: error }, 'cannot remove checkpoints');
    await this.checkpoints.forget(key).catch(warn);
  }

  private outlast<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return outlast(work, signal, (message) => {
      const error = new ProcessError('outage', message, false);
      this.logger.warn({ err: error }, 'a result waits for its server');
    });
  }

  private async giveBack({ jobId, index, run }: StagePayload): Promise<never> {
    const failure = { code: 'interrupted', message: 'the worker is shutting down; another one takes over' };
    await this.stages.postpone(jobId, index, failure, run);
    throw new Interrupted();
  }

  private async settle(error: unknown, payload: StagePayload, { isLast, attempt }: Attempt): Promise<never> {
    const { jobId, index, run } = payload;
    const { failure, permanent, outage } = judge(error);
    if (outage) return await this.waitFor(error, failure, payload);
    if (permanent || isLast) {
      const message =
        permanent || attempt === 1 ? failure.message : `${failure.message} (attempt ${attempt}, the last)`;
      await this.stages.fail(jobId, index, { ...failure, message }, run);
      throw new PermanentFailure(error);
    }
    await this.stages.postpone(jobId, index, failure, run);
    throw error;
  }

  /** The reason is shown where the records can be written; they are what does not answer, or the store is. */
  private async waitFor(error: unknown, failure: Failure, payload: StagePayload): Promise<never> {
    const { jobId, index, run } = payload;
    await this.stages.postpone(jobId, index, failure, run).catch(() => undefined);
    throw new Postponed(OUTAGE_MS, error);
  }
}

function isNext({ state, stages }: Job, index: number): boolean {
  const states = stages.map((stage) => stage.state);
  const step = nextStep(state, states);
  return step.kind === 'run' && step.index === index;
}

function toOutcome(result: StoredResult, cached: boolean): StageOutcome {
  const { key, modelDigest, metrics, skipped, summary, artifacts, seconds, history } = result;
  const found = { key, cached, modelDigest, metrics, skipped, summary, artifacts };
  return { ...found, ...(history ? { measured: history } : {}), ...(cached ? {} : { seconds }) };
}

import {
  isFinal,
  lets,
  type ArtifactRef,
  type Failure,
  type GateVerdict,
  type JobEvent,
  type ModelMetrics,
  type QueueJobs,
  type Skipped,
  type StageMetrics,
} from '#contracts';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database, Queries } from './database.js';
import { appendEvent } from './event-repository.js';
import { appendStage, cancelStages, elapsed, endJob, failStages } from './job-transitions.js';
import { Notifications } from './notifications.js';
import { artifacts, jobs, jobStages } from './schema.js';
import { isUnsized, withSize } from './transfer-size.js';
import { storable } from './text.js';

/** `run`: go ahead; `done`: the stage has its result; `stop`: the job has ended or was cancelled just now. */
export type StageClaim = { next: 'run'; attempts: number } | { next: 'done' } | { next: 'stop' };

export interface StageOutcome {
  key: string;
  cached: boolean;
  modelDigest: string;
  metrics: StageMetrics;
  skipped: Skipped[];
  summary: Record<string, unknown>;
  artifacts: ArtifactRef[];
  /** Figures of the baseline and then of each stage before this one, where the pass measured them. */
  measured?: ModelMetrics[];
  /** What came of the stage's own gates. */
  gates?: GateVerdict[];
  /** Why the job ends here although the stage has its result: a gate that failed. */
  failure?: Failure;
  /** The pass's own time; the wall time of the stage when it is absent. */
  seconds?: number;
}

export interface JobOutcome {
  baseline: ModelMetrics | null;
  gates: GateVerdict[];
  gatesPassed: boolean | null;
  /** The report's files, kept with the last stage. */
  artifacts: ArtifactRef[];
}

/**
 * What a worker writes: the states of stages, guarded so that a late or repeated attempt changes nothing that has
 * ended.
 */
export class StageRepository {
  private readonly cancellations: Notifications;

  constructor(private readonly database: Database) {
    this.cancellations = new Notifications(database.url, 'coldpress_cancel');
  }

  /**
   * Starts a stage under the key by which its result is known, or says that there is nothing to run. A wish to cancel
   * is fulfilled here.
   */
  async start({ jobId, run, index }: QueueJobs['stage'], key: string): Promise<StageClaim> {
    return this.database.orm.transaction(async (queries): Promise<StageClaim> => {
      const { state, run: newestRun, cancelRequestedAt } = jobs;
      const facts = { state, run: newestRun, cancelRequestedAt };
      const [job] = await queries.select(facts).from(jobs).where(eq(jobs.id, jobId)).for('update');
      const { state: stageState, attempts } = jobStages;
      const [stage] = await queries.select({ state: stageState, attempts }).from(jobStages).where(at(jobId, index));
      if (!job || !stage || isFinal(job.state) || job.run !== run) return { next: 'stop' };
      if (job.cancelRequestedAt) {
        await cancelStages(queries, jobId);
        return { next: 'stop' };
      }
      if (stage.state === 'succeeded') return { next: 'done' };
      await setRunning(queries, jobId, index, key);
      return { next: 'run', attempts: stage.attempts + 1 };
    });
  }

  async progress(jobId: string, event: Extract<JobEvent, { type: 'progress' }>): Promise<void> {
    const moved = await this.database.orm
      .update(jobStages)
      .set({ progress: event.fraction })
      .where(and(at(jobId, event.index), eq(jobStages.state, 'running')))
      .returning({ index: jobStages.index });
    if (moved.length > 0) await appendEvent(this.database.orm, jobId, event);
  }

  /**
   * Records a result; false when the job has ended meanwhile, as by a cancellation. With a failure it ends the job: a
   * gate of the stage failed, whose figures stay.
   */
  async succeed(jobId: string, index: number, outcome: StageOutcome): Promise<boolean> {
    const { artifacts: files, measured = [], seconds, gates = [], failure, ...rest } = storable(outcome);
    return this.database.orm.transaction(async (queries) => {
      const done = await queries
        .update(jobStages)
        .set({
          ...rest,
          state: 'succeeded',
          progress: 1,
          error: null,
          finishedAt: new Date(),
          seconds: seconds ?? elapsed,
        })
        .where(and(at(jobId, index), inArray(jobStages.state, ['running', 'waiting'])))
        .returning({ index: jobStages.index });
      if (done.length === 0) return false;
      await putArtifacts(queries, jobId, index, files);
      await putMeasured(queries, jobId, measured);
      await putGates(queries, jobId, index, gates);
      if (failure) await failStages(queries, jobId, index, failure);
      else await appendStage(queries, jobId, index);
      return true;
    });
  }

  /** Completes the figures of a stage by the transfer size of its model, where it is missing. */
  async setSize(jobId: string, index: number, compressedBytes: number): Promise<void> {
    await this.database.orm.transaction(async (queries) => {
      const { metrics } = jobStages;
      const lacksSize = and(at(jobId, index), isUnsized(metrics));
      const complete = { metrics: withSize(metrics, compressedBytes) };
      const done = await queries.update(jobStages).set(complete).where(lacksSize).returning({ index: jobStages.index });
      const { state } = jobs;
      const [job] = await queries.select({ state }).from(jobs).where(eq(jobs.id, jobId));
      // The event by which a job ends is its last.
      if (done.length > 0 && job && !isFinal(job.state)) await appendStage(queries, jobId, index);
    });
  }

  /** Puts a stage back to waiting before another attempt, with the reason to show meanwhile. */
  async postpone(jobId: string, index: number, failure: Failure, run?: number): Promise<void> {
    await this.whileOpen(jobId, run, async (queries) => {
      const moved = await queries
        .update(jobStages)
        .set({ state: 'waiting', progress: 0, error: storable(failure) })
        .where(and(at(jobId, index), eq(jobStages.state, 'running')))
        .returning({ index: jobStages.index });
      if (moved.length > 0) await appendStage(queries, jobId, index);
    });
  }

  /**
   * Ends the job as failed; `index` is the stage at fault. Does nothing when the job has ended, or was retried since
   * `run`.
   */
  async fail(jobId: string, index: number | null, failure: Failure, run?: number): Promise<void> {
    await this.whileOpen(jobId, run, (queries) => failStages(queries, jobId, index, storable(failure)));
  }

  /** Ends the job as cancelled. Does nothing when the job has ended, or was retried since `run`. */
  async cancel(jobId: string, run?: number): Promise<void> {
    await this.whileOpen(jobId, run, (queries) => cancelStages(queries, jobId));
  }

  /** Ends the job as succeeded. Does nothing when it has ended or a stage is missing. */
  async finish(jobId: string, outcome: JobOutcome): Promise<void> {
    await this.whileOpen(jobId, undefined, async (queries) => {
      const { index: stage, state } = jobStages;
      const stages = await queries.select({ index: stage, state }).from(jobStages).where(eq(jobStages.jobId, jobId));
      if (stages.some(({ state }) => state !== 'succeeded')) return;
      const { artifacts: files, ...rest } = storable(outcome);
      await putArtifacts(queries, jobId, Math.max(...stages.map(({ index }) => index)), files);
      await queries.update(jobs).set(rest).where(eq(jobs.id, jobId));
      await endJob(queries, jobId, 'succeeded', null);
    });
  }

  async setBaseline(jobId: string, baseline: ModelMetrics): Promise<void> {
    await this.database.orm.update(jobs).set({ baseline }).where(eq(jobs.id, jobId));
  }

  async isCancelRequested(jobId: string): Promise<boolean> {
    const { state, cancelRequestedAt: at } = jobs;
    const isIt = eq(jobs.id, jobId);
    const [row] = await this.database.orm.select({ state, at }).from(jobs).where(isIt);
    return !row || row.at !== null || row.state === 'cancelled';
  }

  /**
   * Calls `cancel` once when the job is to be cancelled, also when that was asked before; returns how to stop
   * listening.
   */
  async onCancel(jobId: string, cancel: () => void): Promise<() => void> {
    const isRequested = async () => this.isCancelRequested(jobId).catch(() => false);
    const check = () => void isRequested().then((requested) => requested && cancel());
    const stop = await this.cancellations.subscribe(jobId, check);
    check();
    return stop;
  }

  async close(): Promise<void> {
    await this.cancellations.close();
  }

  /** `run` fences: an attempt that wakes after its job was retried says nothing of the run that goes on. */
  private async whileOpen(
    jobId: string,
    run: number | undefined,
    work: (queries: Queries) => Promise<void>,
  ): Promise<void> {
    await this.database.orm.transaction(async (queries) => {
      const { state, run: newestRun } = jobs;
      const facts = { state, run: newestRun };
      const [job] = await queries.select(facts).from(jobs).where(eq(jobs.id, jobId)).for('update');
      if (job && !isFinal(job.state) && (run ?? job.run) === job.run) await work(queries);
    });
  }
}

function at(jobId: string, index: number) {
  return and(eq(jobStages.jobId, jobId), eq(jobStages.index, index));
}

/** The verdicts of a stage's gates stand beside those of other stages, in place of those of an earlier run. */
async function putGates(queries: Queries, jobId: string, index: number, verdicts: GateVerdict[]): Promise<void> {
  if (verdicts.length === 0) return;
  const isIt = eq(jobs.id, jobId);
  const [job] = await queries.select({ gates: jobs.gates }).from(jobs).where(isIt).for('update');
  const gates = [...(job?.gates ?? []).filter(({ stage }) => stage !== index), ...verdicts];
  const judged = gates.every(lets) ? {} : { gatesPassed: false };
  await queries
    .update(jobs)
    .set({ gates, ...judged })
    .where(isIt);
}

async function setRunning(queries: Queries, jobId: string, index: number, key: string): Promise<void> {
  const attempts = sql`${jobStages.attempts} + 1`;
  const startedAt = sql`coalesce(${jobStages.startedAt}, now())`;
  const running = { state: 'running', key, error: null, progress: 0, attempts, startedAt } as const;
  await queries.update(jobStages).set(running).where(at(jobId, index));
  const waits = and(eq(jobs.id, jobId), eq(jobs.state, 'queued'));
  const started = await queries.update(jobs).set({ state: 'running' }).where(waits).returning({ id: jobs.id });
  if (started.length > 0) await appendEvent(queries, jobId, { type: 'job', state: 'running' });
  await appendStage(queries, jobId, index);
}

async function putArtifacts(
  queries: Queries,
  jobId: string,
  stageIndex: number,
  files: readonly ArtifactRef[],
): Promise<void> {
  for (const file of files) {
    const { digest, bytes } = file;
    const target = [artifacts.jobId, artifacts.stageIndex, artifacts.name];
    await queries
      .insert(artifacts)
      .values({ jobId, stageIndex, ...file })
      .onConflictDoUpdate({ target, set: { digest, bytes } });
  }
}

async function putMeasured(
  queries: Queries,
  jobId: string,
  [baseline, ...stages]: readonly ModelMetrics[],
): Promise<void> {
  if (baseline) await queries.update(jobs).set({ baseline }).where(eq(jobs.id, jobId));
  for (const [index, metrics] of stages.entries()) {
    await queries.update(jobStages).set({ metrics }).where(at(jobId, index));
    await appendStage(queries, jobId, index);
  }
}

import { isFinal, type Job, type JobItem, type JobQuery, type JobState, type QueueEntry } from '#contracts';
import { and, desc, eq, isNull, notInArray, or, sql } from 'drizzle-orm';
import { decodeCursor, pageOf } from './cursor.js';
import type { Database, Queries } from './database.js';
import { JobStateError, NotFoundError } from './errors.js';
import { appendEvent } from './event-repository.js';
import { storeAnswer, type KeyClaim } from './idempotency-repository.js';
import { insertJobs, type NewJob } from './insert-jobs.js';
import { JOB_COLUMNS, readJobItems } from './job-item.js';
import { jobsOf, readJobs } from './job-row.js';
import { cancelStages } from './job-transitions.js';
import { artifacts, jobs, jobStages, type StoredResponse } from './schema.js';
import { benchmarks } from './devices/device-schema.js';
import { lockSweepOf, reopenTrial } from './sweeps/reopen-trial.js';
import { storable } from './text.js';

/** How the answer to the submission is kept under its Idempotency-Key, in the transaction that makes the jobs. */
export interface IdempotentAnswer {
  claim: KeyClaim;
  toResponse(jobs: Job[]): StoredResponse;
}

/** A job has the name that it was submitted with, else that of its recipe: the one that lists show. */
const isNamed = (name: string) =>
  or(eq(jobs.name, name), and(isNull(jobs.name), sql`${jobs.recipe}->>'name' = ${name}`));

/** Jobs as a client sees them: submit, read, cancel, retry, delete. What a worker writes is in StageRepository. */
export class JobRepository {
  constructor(private readonly database: Database) {}

  /** Accepts a job: its row and its stages' rows, or nothing. */
  async create(job: NewJob, answer?: IdempotentAnswer): Promise<Job> {
    const [created] = await this.createAll([job], answer);
    if (!created) throw new NotFoundError('job', job.id ?? '');
    return created;
  }

  /** Accepts all of the jobs or none. Throws NotFoundError when a model or data set was deleted meanwhile. */
  async createAll(list: readonly NewJob[], answer?: IdempotentAnswer): Promise<Job[]> {
    return this.database.orm.transaction(async (queries) => {
      const inserted = await insertJobs(queries, list);
      const created = jobsOf(inserted.jobs, inserted.stages, []);
      if (answer) await storeAnswer(queries, answer.claim, answer.toResponse(created));
      return created;
    });
  }

  async get(id: string): Promise<Job | null> {
    const rows = await this.database.orm.select().from(jobs).where(eq(jobs.id, id));
    return (await readJobs(this.database.orm, rows))[0] ?? null;
  }

  /** Throws NotFoundError. */
  async require(id: string): Promise<Job> {
    const job = await this.get(id);
    if (!job) throw new NotFoundError('job', id);
    return job;
  }

  /** Newest first; the jobs of trials only for their sweep. Throws InvalidCursorError. */
  async list({
    cursor,
    limit,
    state,
    model,
    name,
    q,
    sweep,
  }: JobQuery): Promise<{ items: JobItem[]; nextCursor: string | null }> {
    const from = cursor === undefined ? undefined : decodeCursor('jobs', cursor);
    const rows = await this.database.orm
      .select(JOB_COLUMNS)
      .from(jobs)
      .where(
        and(
          sweep === undefined ? isNull(jobs.sweepId) : eq(jobs.sweepId, sweep),
          state === undefined ? undefined : eq(jobs.state, state),
          model === undefined ? undefined : eq(jobs.modelId, model),
          name === undefined ? undefined : isNamed(storable(name)),
          q === undefined ? undefined : sql`${jobs.sought} like lower(${containing(q)}::text)`,
          from &&
            sql`(${jobs.createdAt}, ${jobs.id}) < (${from.createdAt.toISOString()}::timestamptz, ${from.id}::uuid)`,
        ),
      )
      .orderBy(desc(jobs.createdAt), desc(jobs.id))
      .limit(limit + 1);
    const { items, nextCursor } = pageOf('jobs', rows, limit, (row) => row);
    return { items: await readJobItems(this.database.orm, items), nextCursor };
  }

  /**
   * Cancels a job at once when no stage of it runs; otherwise records the wish and wakes the worker, which kills the
   * stage. A cancelled job stays as it is. Throws NotFoundError, and JobStateError for a job that has ended otherwise.
   */
  async cancel(id: string): Promise<Job> {
    await this.database.orm.transaction(async (queries) => {
      const { state } = await lockJob(queries, id);
      if (state === 'cancelled') return;
      if (isFinal(state)) throw new JobStateError(id, state, 'cancelled', 'it has ended');
      await queries.update(jobs).set({ cancelRequestedAt: new Date() }).where(eq(jobs.id, id));
      const runs = and(eq(jobStages.jobId, id), eq(jobStages.state, 'running'));
      const running = await queries.select({ index: jobStages.index }).from(jobStages).where(runs);
      if (running.length === 0) await cancelStages(queries, id);
      else await queries.execute(sql`select pg_notify('coldpress_cancel', ${id}::text)`);
    });
    return this.require(id);
  }

  /**
   * Puts a failed or cancelled job back in line; stages that succeeded keep their results. Enqueue the entry returned.
   * Throws NotFoundError, and JobStateError for a job in another state.
   */
  async retry(id: string): Promise<{ job: Job; entry: QueueEntry }> {
    await this.database.orm.transaction(async (queries) => {
      const sweep = await lockSweepOf(queries, id);
      const { state } = await lockJob(queries, id);
      if (state !== 'failed' && state !== 'cancelled')
        throw new JobStateError(id, state, 'retried', 'only a failed or cancelled job can be');
      if (sweep) await reopenTrial(queries, sweep, id);
      const { gates, stages } = await this.require(id);
      const kept = stages.filter((stage) => stage.state === 'succeeded');
      const succeeded = new Set(kept.map(({ index }) => index));
      await queries
        .update(jobs)
        .set({
          state: 'queued',
          error: null,
          finishedAt: null,
          cancelRequestedAt: null,
          gates: gates.filter(({ stage }) => stage !== undefined && succeeded.has(stage)),
          gatesPassed: null,
          enqueued: false,
          run: sql`${jobs.run} + 1`,
        })
        .where(eq(jobs.id, id));
      await queries
        .update(jobStages)
        .set({
          state: 'waiting',
          error: null,
          progress: 0,
          attempts: 0,
          startedAt: null,
          finishedAt: null,
          seconds: null,
        })
        .where(and(eq(jobStages.jobId, id), notInArray(jobStages.state, ['succeeded'])));
      await reopenBenchmarks(queries, id);
      await appendEvent(queries, id, { type: 'job', state: 'queued' });
    });
    const job = await this.require(id);
    const entry = await this.queueEntry(id);
    return { job, entry };
  }

  /** What the queue is given for a job. Throws NotFoundError. */
  async queueEntry(id: string): Promise<QueueEntry> {
    const [row] = await this.database.orm
      .select({ run: jobs.run, priority: jobs.priority, stages: sql<number>`count(*)::int` })
      .from(jobs)
      .innerJoin(jobStages, eq(jobStages.jobId, jobs.id))
      .where(eq(jobs.id, id))
      .groupBy(jobs.id);
    if (!row) throw new NotFoundError('job', id);
    return { jobId: id, stageCount: row.stages, run: row.run, priority: row.priority };
  }

  /** Forgets a job that has ended, with its stages and events. Throws NotFoundError and JobStateError. */
  async delete(id: string): Promise<void> {
    await this.database.orm.transaction(async (queries) => {
      const { state } = await lockJob(queries, id);
      if (!isFinal(state)) throw new JobStateError(id, state, 'deleted', 'cancel it first');
      await queries.delete(jobs).where(eq(jobs.id, id));
    });
  }

  /**
   * The names and sizes under which jobs know a digest: a digest that no job knows may not be downloaded as an
   * artifact.
   */
  async artifact(digest: string): Promise<{ name: string; bytes: number; jobId: string; stageIndex: number } | null> {
    const isIt = eq(artifacts.digest, digest);
    const [row] = await this.database.orm.select().from(artifacts).where(isIt).limit(1);
    return row ? { name: row.name, bytes: row.bytes, jobId: row.jobId, stageIndex: row.stageIndex } : null;
  }
}

/** A pattern of LIKE for texts that hold this one as it stands. */
const containing = (text: string): string => `%${storable(text).replaceAll(/[\\%_]/g, '\\$&')}%`;

/** Those that were cancelled with the job wait again, for as long as they had before. */
async function reopenBenchmarks(queries: Queries, jobId: string): Promise<void> {
  const { createdAt, deadlineAt } = benchmarks;
  await queries
    .update(benchmarks)
    .set({
      state: 'waiting',
      attempts: 0,
      finishedAt: null,
      createdAt: sql`now()`,
      deadlineAt: sql`now() + (${deadlineAt} - ${createdAt})`,
    })
    .where(and(eq(benchmarks.jobId, jobId), eq(benchmarks.state, 'cancelled')));
}

async function lockJob(queries: Queries, id: string): Promise<{ state: JobState }> {
  const { state } = jobs;
  const [row] = await queries.select({ state }).from(jobs).where(eq(jobs.id, id)).for('update');
  if (!row) throw new NotFoundError('job', id);
  return row;
}

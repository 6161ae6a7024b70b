import type {
  Failure,
  GateVerdict,
  ModelMetrics,
  QueueEntry,
  Recipe,
  SweepState,
  SweepSurvey,
  Verification,
} from '#contracts';
import { and, asc, eq, gt, inArray, isNull, ne, or, sql } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { insertJobs, type NewJob } from '../insert-jobs.js';
import { jobs, jobStages } from '../schema.js';
import { storable } from '../text.js';
import { insertTrials, type BegunTrials } from './insert-trials.js';
import { freeSlots } from './free-slots.js';
import { jobSums } from './job-sums.js';
import { setState } from './sweep-repository.js';
import { sweeps, trials, type SweepRow } from './sweep-schema.js';
import { countTrials, sumJob } from './sweep-sums.js';
import { tellTrials } from './tell-trials.js';
import type { NewTrial, OpenTrial, TrialEnding } from './trial-changes.js';
import type { TrialRow } from './trial-row.js';

/** What may be done with a sweep while its row is locked: all of it in the caller's transaction. */
export class SweepSession {
  constructor(
    private readonly queries: Queries,
    readonly sweep: SweepRow,
  ) {}

  /** Trials that changed after a revision, in the order of their numbers. */
  changedSince(revision: number): Promise<TrialRow[]> {
    return this.queries
      .select()
      .from(trials)
      .where(and(eq(trials.sweepId, this.sweep.id), gt(trials.revision, revision)))
      .orderBy(asc(trials.number))
      .then((rows) => rows);
  }

  /** Trials that run, with their jobs. */
  async openTrials(): Promise<OpenTrial[]> {
    const rows = await this.queries
      .select({ number: trials.number, jobId: jobs.id, state: jobs.state, error: jobs.error, baseline: jobs.baseline })
      .from(trials)
      .leftJoin(jobs, eq(jobs.id, trials.jobId))
      .where(and(eq(trials.sweepId, this.sweep.id), eq(trials.state, 'running')))
      .orderBy(asc(trials.number));
    const { jobId, index, pass, options, state, metrics, modelDigest } = jobStages;
    const ids = rows.flatMap((row) => row.jobId ?? []);
    const isTheirs = ids.length > 0 ? inArray(jobId, ids) : isNull(jobId);
    const columns = { jobId, index, pass, options, state, metrics, modelDigest };
    const stages = await this.queries.select(columns).from(jobStages).where(isTheirs).orderBy(asc(index));
    return rows.map(({ number, jobId: id, state: jobState, error, baseline }) => ({
      number,
      job:
        id === null
          ? null
          : {
              id,
              state: jobState ?? '',
              error,
              baseline,
              stages: stages.filter((stage) => stage.jobId === id),
            },
    }));
  }

  /** Begins trials: their rows and their jobs', or nothing. Returns what the queue is to be given. */
  beginAll(list: readonly NewTrial[]): Promise<BegunTrials> {
    return insertTrials(this.queries, this.sweep, list);
  }

  /** Begins a trial as `beginAll` does several; without an entry where its assignment makes no job. */
  async begin(trial: NewTrial): Promise<{ number: number; entry: QueueEntry | null }> {
    const { numbers, entries } = await this.beginAll([trial]);
    return { number: numbers[0] ?? 0, entry: entries[0] ?? null };
  }

  /** Ends a trial that runs; false when it has ended already. */
  async end(number: number, ending: TrialEnding, baseline: ModelMetrics | null): Promise<boolean> {
    const { id } = this.sweep;
    const runs = and(this.has(number), eq(trials.state, 'running'));
    const [row] = await this.queries.select({ jobId: trials.jobId }).from(trials).where(runs);
    if (!row) return false;
    await sumJob(this.queries, this.sweep, row.jobId);
    const feasible = ending.state === 'complete' && ending.violation === 0 ? 1 : 0;
    await countTrials(this.queries, this.sweep, [{ from: 'running', to: ending.state, trials: 1, feasible }]);
    const revision = await this.nextRevision();
    const sums = await jobSums(this.queries, row.jobId);
    await this.queries
      .update(trials)
      .set({
        ...storable(ending),
        slot: null,
        revision,
        modelDigest: sums.digest,
        stagesExecuted: sums.executed,
        seconds: sums.seconds,
        finishedAt: sql`now()`,
      })
      .where(this.has(number));
    if (baseline && this.sweep.baseline === null) {
      await this.queries.update(sweeps).set({ baseline }).where(eq(sweeps.id, id));
      this.sweep.baseline = baseline;
    }
    await this.tell(number);
    return true;
  }

  /** Ends every trial that runs, but for those whose jobs have come to their end: what these found counts. */
  async cutOff(reason: string): Promise<void> {
    for (const { number, job } of await this.openTrials()) {
      if (job?.state === 'succeeded' || job?.state === 'failed') continue;
      const metrics = job?.stages.findLast((stage) => stage.metrics !== null)?.metrics ?? null;
      const nothing = { outcome: null, violation: null, violated: [] };
      await this.end(number, { state: 'cancelled', reason, metrics, ...nothing }, job?.baseline ?? null);
    }
  }

  /** Trials that count towards the limit: all but those that were cut off, and those that it began with. */
  async begunCount(): Promise<number> {
    const [row] = await this.queries
      .select({ count: sql<number>`count(*)::int` })
      .from(trials)
      .where(and(eq(trials.sweepId, this.sweep.id), isUncounted()));
    return this.sweep.asked - (row?.count ?? 0);
  }

  /** Jobs of trials that have ended, by number. */
  async endedJobs(): Promise<string[]> {
    const hasEnded = and(eq(trials.sweepId, this.sweep.id), ne(trials.state, 'running'));
    const rows = await this.queries.select({ jobId: trials.jobId }).from(trials).where(hasEnded);
    return rows.flatMap(({ jobId }) => jobId ?? []);
  }

  /**
   * What the training of jobs reported of a figure: its last value in each epoch, by job. Of several trainings the last
   * one counts.
   */
  async curves(figure: string, jobIds: readonly string[]): Promise<Map<string, Map<number, number>>> {
    const found = new Map<string, Map<number, number>>();
    if (jobIds.length === 0) return found;
    const list = sql.join(
      jobIds.map((id) => sql`${id}::uuid`),
      sql`, `,
    );
    const answer = await this.queries.execute<{ job: string; stage: number; epoch: number; value: number }>(sql`
      select job_id as job, (event->>'index')::int as stage, (event->'values'->>'epoch')::int as epoch,
        (array_agg((event->'values'->>${figure})::float8 order by id desc))[1] as value
      from job_events
      where job_id in (${list}) and event->>'type' = 'progress' and event->'values' ? ${figure} and event->'values' ? 'epoch'
      group by 1, 2, 3 order by 1, 2, 3`);
    const stages = new Map<string, number>();
    for (const { job, stage, epoch, value } of answer.rows) {
      if (stages.get(job) !== stage) found.set(job, new Map());
      stages.set(job, stage);
      found.get(job)?.set(epoch, value);
    }
    return found;
  }

  async runningCount(): Promise<number> {
    const count = sql<number>`count(*)::int`;
    const [row] = await this.queries.select({ count }).from(trials).where(this.isRunning());
    return row?.count ?? 0;
  }

  /**
   * How many trials failed and came to something, and why the last one failed. Looks no further than the first hundred.
   */
  async failures(): Promise<{ failed: number; complete: number; reason: string | null }> {
    const { number, state, reason } = trials;
    const ofSweep = eq(trials.sweepId, this.sweep.id);
    const rows = await this.queries
      .select({ state, reason })
      .from(trials)
      .where(ofSweep)
      .orderBy(asc(number))
      .limit(100);
    const failed = rows.filter((row) => row.state === 'failed');
    const done = rows.filter((row) => row.state === 'complete' || row.state === 'stopped');
    return { failed: failed.length, complete: done.length, reason: failed.at(-1)?.reason ?? null };
  }

  /** Complete trials that hold all constraints, the best in the first objective first, one for each model. */
  async feasible(limit: number): Promise<{ number: number; recipe: Recipe | null; modelDigest: string | null }[]> {
    const first = sql<number>`(${trials.outcome}->'values'->>0)::float8`;
    const rows = await this.queries
      .selectDistinctOn([first, trials.modelDigest], {
        number: trials.number,
        recipe: jobs.recipe,
        modelDigest: trials.modelDigest,
      })
      .from(trials)
      .leftJoin(jobs, eq(jobs.id, trials.jobId))
      .where(and(eq(trials.sweepId, this.sweep.id), eq(trials.state, 'complete'), eq(trials.violation, 0)))
      .orderBy(first, trials.modelDigest, trials.number)
      .limit(limit);
    return rows;
  }

  /** A job that measures a trial once more. */
  async verify(number: number, job: Omit<NewJob, 'sweepId' | 'priority'>): Promise<QueueEntry> {
    const priority = 1;
    const made = await insertJobs(this.queries, [{ ...job, sweepId: this.sweep.id, priority }]);
    const jobId = made.jobs[0]?.id ?? '';
    await this.setVerification([...this.sweep.verification, { number, jobId, passed: null, gates: [] }]);
    return { jobId, stageCount: job.stages.length, run: 1, priority };
  }

  /** A job that measures what the model of the space rests on. */
  async measure(job: Omit<NewJob, 'sweepId' | 'priority'>): Promise<QueueEntry> {
    const priority = 1;
    const made = await insertJobs(this.queries, [{ ...job, sweepId: this.sweep.id, priority }]);
    const jobId = made.jobs[0]?.id ?? '';
    await this.setSurvey({ jobId, isOwn: true });
    return { jobId, stageCount: job.stages.length, run: 1, priority };
  }

  async setSurvey(survey: SweepSurvey): Promise<void> {
    await this.queries.update(sweeps).set({ survey }).where(eq(sweeps.id, this.sweep.id));
    this.sweep.survey = survey;
  }

  /** The job of a verification, and what its gates came to. */
  async verdictOf(jobId: string): Promise<{ state: string; gates: GateVerdict[]; gatesPassed: boolean | null } | null> {
    const { state, gates, gatesPassed } = jobs;
    const isIt = eq(jobs.id, jobId);
    const [row] = await this.queries.select({ state, gates, gatesPassed }).from(jobs).where(isIt);
    return row ?? null;
  }

  async setVerification(verification: Verification[]): Promise<void> {
    await this.queries.update(sweeps).set({ verification }).where(eq(sweeps.id, this.sweep.id));
    this.sweep.verification = verification;
  }

  async setState(state: SweepState, reason: string | null, error: Failure | null = null): Promise<void> {
    await setState(this.queries, this.sweep.id, state, reason, error);
    this.sweep.state = state;
  }

  /** Counts a change of one of its trials. */
  async nextRevision(): Promise<number> {
    const { id, revision } = sweeps;
    const [row] = await this.queries
      .update(sweeps)
      .set({ revision: sql`${revision} + 1` })
      .where(eq(id, this.sweep.id))
      .returning({ revision });
    this.sweep.revision = row?.revision ?? this.sweep.revision;
    return this.sweep.revision;
  }

  /** The least place among those that run which nobody has, from 1. */
  async freeSlot(): Promise<number> {
    const [slot = 1] = await freeSlots(this.queries, this.sweep.id, 1);
    return slot;
  }

  private has(number: number) {
    return and(eq(trials.sweepId, this.sweep.id), eq(trials.number, number));
  }

  private isRunning() {
    return and(eq(trials.sweepId, this.sweep.id), eq(trials.state, 'running'));
  }

  /** Tells those who follow the sweep of a trial as it is now. */
  tell(number: number): Promise<void> {
    return tellTrials(this.queries, this.sweep.id, [number]);
  }
}

const isUncounted = () => or(eq(trials.state, 'cancelled'), eq(trials.origin, 'earlier'));

import type {
  Assignment,
  Failure,
  GateVerdict,
  ModelMetrics,
  QueueEntry,
  Recipe,
  StageMetrics,
  SweepState,
  TrialOrigin,
  Verification,
} from '#contracts';
import { and, asc, eq, gt, inArray, isNull, ne, sql } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { insertJob, type NewJob } from '../job-repository.js';
import { jobs, jobStages } from '../schema.js';
import { storable } from '../text.js';
import { appendSweepEvent } from './sweep-events.js';
import { setState } from './sweep-repository.js';
import type { SweepRow } from './sweep-row.js';
import { sweeps, trials, type StoredOutcome } from './sweep-schema.js';
import { readTrials, type TrialRow } from './trial-row.js';

/** A trial that is begun: with a job, or with the reason why its assignment makes none. */
export type NewTrial = { assignment: Assignment; origin: TrialOrigin } & (
  | { job: Omit<NewJob, 'sweepId' | 'priority'> }
  | { job: null; reason: string }
);

/** How a trial ends. */
export interface TrialEnding {
  state: 'complete' | 'stopped' | 'failed';
  metrics: StageMetrics | null;
  outcome: StoredOutcome | null;
  violation: number | null;
  violated: string[];
  reason: string | null;
}

/** A trial that runs, and how far its job is. */
export interface OpenTrial {
  number: number;
  /** Null when the job was deleted. */
  job: {
    id: string;
    state: string;
    error: Failure | null;
    baseline: ModelMetrics | null;
    stages: {
      index: number;
      pass: string;
      options: Record<string, unknown>;
      state: string;
      metrics: StageMetrics | null;
    }[];
  } | null;
}

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
    const { jobId, index, pass, options, state, metrics } = jobStages;
    const ids = rows.flatMap((row) => row.jobId ?? []);
    const stages = await this.queries
      .select({ jobId, index, pass, options, state, metrics })
      .from(jobStages)
      .where(ids.length > 0 ? inArray(jobId, ids) : isNull(jobId))
      .orderBy(asc(index));
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

  /** Begins a trial: its row and its job's, or nothing. Returns what the queue is to be given. */
  async begin(trial: NewTrial): Promise<{ number: number; entry: QueueEntry | null }> {
    const { number, revision } = await this.next();
    const slot = await this.freeSlot();
    const { id: sweepId } = this.sweep;
    const made = trial.job ? await insertJob(this.queries, { ...trial.job, sweepId, priority: slot }) : [];
    const jobId = made[0]?.id ?? null;
    await this.queries.insert(trials).values({
      sweepId,
      number,
      revision,
      origin: trial.origin,
      assignment: storable(trial.assignment),
      jobId,
      ...(trial.job
        ? { slot }
        : {
            state: 'infeasible' as const,
            reason: storable(trial.reason),
            finishedAt: new Date(),
            stagesExecuted: 0,
            seconds: 0,
          }),
    });
    await this.tell(number);
    return {
      number,
      entry: jobId && trial.job ? { jobId, stageCount: trial.job.stages.length, run: 1, priority: slot } : null,
    };
  }

  /** Ends a trial that runs; false when it has ended already. */
  async end(number: number, ending: TrialEnding, baseline: ModelMetrics | null): Promise<boolean> {
    const { id } = this.sweep;
    const [row] = await this.queries
      .select({ jobId: trials.jobId })
      .from(trials)
      .where(and(eq(trials.sweepId, id), eq(trials.number, number), eq(trials.state, 'running')));
    if (!row) return false;
    const revision = await this.nextRevision();
    const sums = row.jobId === null ? { executed: 0, seconds: 0, digest: null } : await this.sumsOf(row.jobId);
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
      .where(and(eq(trials.sweepId, id), eq(trials.number, number)));
    if (baseline && this.sweep.baseline === null) {
      await this.queries.update(sweeps).set({ baseline }).where(eq(sweeps.id, id));
      this.sweep.baseline = baseline;
    }
    await this.tell(number);
    return true;
  }

  /** Jobs of trials that have ended, by number. */
  async endedJobs(): Promise<string[]> {
    const rows = await this.queries
      .select({ jobId: trials.jobId })
      .from(trials)
      .where(and(eq(trials.sweepId, this.sweep.id), ne(trials.state, 'running')));
    return rows.flatMap(({ jobId }) => jobId ?? []);
  }

  /** What the training of jobs reported of a figure: its last value in each epoch, by job. Of several trainings the last one counts. */
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
    const [row] = await this.queries
      .select({ count: sql<number>`count(*)::int` })
      .from(trials)
      .where(and(eq(trials.sweepId, this.sweep.id), eq(trials.state, 'running')));
    return row?.count ?? 0;
  }

  /** How many trials failed and came to something, and why the last one failed. Looks no further than the first hundred. */
  async failures(): Promise<{ failed: number; complete: number; reason: string | null }> {
    const { number, state, reason } = trials;
    const rows = await this.queries
      .select({ state, reason })
      .from(trials)
      .where(eq(trials.sweepId, this.sweep.id))
      .orderBy(asc(number))
      .limit(100);
    const failed = rows.filter((row) => row.state === 'failed');
    return {
      failed: failed.length,
      complete: rows.filter((row) => row.state === 'complete' || row.state === 'stopped').length,
      reason: failed.at(-1)?.reason ?? null,
    };
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
    const [made] = await insertJob(this.queries, { ...job, sweepId: this.sweep.id, priority });
    const jobId = made?.id ?? '';
    await this.setVerification([...this.sweep.verification, { number, jobId, passed: null, gates: [] }]);
    return { jobId, stageCount: job.stages.length, run: 1, priority };
  }

  /** The job of a verification, and what its gates came to. */
  async verdictOf(jobId: string): Promise<{ state: string; gates: GateVerdict[]; gatesPassed: boolean | null } | null> {
    const { state, gates, gatesPassed } = jobs;
    const [row] = await this.queries.select({ state, gates, gatesPassed }).from(jobs).where(eq(jobs.id, jobId));
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

  private async next(): Promise<{ number: number; revision: number }> {
    const [row] = await this.queries
      .update(sweeps)
      .set({ asked: sql`${sweeps.asked} + 1`, revision: sql`${sweeps.revision} + 1` })
      .where(eq(sweeps.id, this.sweep.id))
      .returning({ number: sweeps.asked, revision: sweeps.revision });
    const { number = 1, revision = 1 } = row ?? {};
    Object.assign(this.sweep, { asked: number, revision });
    return { number: number - 1, revision };
  }

  private async nextRevision(): Promise<number> {
    const [row] = await this.queries
      .update(sweeps)
      .set({ revision: sql`${sweeps.revision} + 1` })
      .where(eq(sweeps.id, this.sweep.id))
      .returning({ revision: sweeps.revision });
    this.sweep.revision = row?.revision ?? this.sweep.revision;
    return this.sweep.revision;
  }

  /** The least place among those that run which nobody has, from 1. */
  private async freeSlot(): Promise<number> {
    const rows = await this.queries
      .select({ slot: trials.slot })
      .from(trials)
      .where(and(eq(trials.sweepId, this.sweep.id), eq(trials.state, 'running')));
    const taken = new Set(rows.map(({ slot }) => slot));
    let slot = 1;
    while (taken.has(slot)) slot++;
    return slot;
  }

  private async sumsOf(jobId: string): Promise<{ executed: number; seconds: number; digest: string | null }> {
    const answer = await this.queries.execute<{ executed: number; seconds: number; digest: string | null }>(sql`
      select (count(*) filter (where state = 'succeeded' and not cached))::int as executed,
        coalesce(sum(seconds) filter (where state = 'succeeded' and not cached), 0)::float8 as seconds,
        (array_agg(model_digest order by index desc) filter (where model_digest is not null))[1] as digest
      from job_stages where job_id = ${jobId}`);
    return answer.rows[0] ?? { executed: 0, seconds: 0, digest: null };
  }

  private async tell(number: number): Promise<void> {
    const { id } = this.sweep;
    const rows = await this.queries
      .select()
      .from(trials)
      .where(and(eq(trials.sweepId, id), eq(trials.number, number)));
    const [trial] = await readTrials(this.queries, rows);
    if (trial) await appendSweepEvent(this.queries, id, { type: 'trial', trial });
  }
}

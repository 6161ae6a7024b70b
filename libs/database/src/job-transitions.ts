import type { Failure, JobState } from '#contracts';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Queries } from './database.js';
import { appendEvent } from './event-repository.js';
import { readStage } from './job-row.js';
import { benchmarks } from './devices/device-schema.js';
import { jobs, jobStages } from './schema.js';

/** Ends a job as cancelled with every stage that has not ended; the caller holds the job's row. */
export async function cancelStages(queries: Queries, jobId: string): Promise<void> {
  await endStages(queries, jobId);
  await endJob(queries, jobId, 'cancelled', null);
}

/** Ends a job as failed because of one stage (or of none); the stages behind it will not run. */
export async function failStages(
  queries: Queries,
  jobId: string,
  index: number | null,
  failure: Failure,
): Promise<void> {
  if (index !== null) {
    const isAtFault = and(eq(jobStages.jobId, jobId), eq(jobStages.index, index));
    const failed = { state: 'failed', error: failure, finishedAt: new Date(), seconds: elapsed } as const;
    await queries.update(jobStages).set(failed).where(isAtFault);
    await appendStage(queries, jobId, index);
  }
  await endStages(queries, jobId);
  await endJob(queries, jobId, 'failed', failure);
}

/** Sets the final state if the job has not ended; false when it has. */
export async function endJob(
  queries: Queries,
  jobId: string,
  state: JobState,
  error: Failure | null,
): Promise<boolean> {
  const ended = await queries
    .update(jobs)
    .set({ state, error, finishedAt: new Date() })
    .where(and(eq(jobs.id, jobId), inArray(jobs.state, ['queued', 'running'])))
    .returning({ id: jobs.id });
  if (ended.length === 0) return false;
  if (state !== 'succeeded') await cancelBenchmarks(queries, jobId);
  await appendEvent(queries, jobId, { type: 'job', state });
  return true;
}

/** Nobody waits for them any more: what a device sends of one later is refused. */
async function cancelBenchmarks(queries: Queries, jobId: string): Promise<void> {
  const isOpen = and(eq(benchmarks.jobId, jobId), inArray(benchmarks.state, ['waiting', 'running']));
  const cancelled = { state: 'cancelled', finishedAt: new Date() } as const;
  await queries.update(benchmarks).set(cancelled).where(isOpen);
}

export async function appendStage(queries: Queries, jobId: string, index: number): Promise<void> {
  const stage = await readStage(queries, jobId, index);
  if (stage) await appendEvent(queries, jobId, { type: 'stage', stage });
}

async function endStages(queries: Queries, jobId: string): Promise<void> {
  const ended = await queries
    .update(jobStages)
    .set({ state: 'cancelled', finishedAt: new Date() })
    .where(and(eq(jobStages.jobId, jobId), inArray(jobStages.state, ['waiting', 'running'])))
    .returning({ index: jobStages.index });
  for (const { index } of ended) await appendStage(queries, jobId, index);
}

export const elapsed = sql<number>`extract(epoch from now() - ${jobStages.startedAt})`;

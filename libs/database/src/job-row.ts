import type { Job, JobStage } from '#contracts';
import { and, asc, eq, inArray } from 'drizzle-orm';
import type { Queries } from './database.js';
import { artifacts, jobs, jobStages } from './schema.js';

type JobRow = typeof jobs.$inferSelect;
type StageRow = typeof jobStages.$inferSelect;
type ArtifactRow = typeof artifacts.$inferSelect;

/** Jobs with their stages and artifacts, in the order of the rows given: three queries for any number of jobs. */
export async function readJobs(queries: Queries, rows: readonly JobRow[]): Promise<Job[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const stages = await queries
    .select()
    .from(jobStages)
    .where(inArray(jobStages.jobId, ids))
    .orderBy(asc(jobStages.jobId), asc(jobStages.index));
  const files = await queries
    .select()
    .from(artifacts)
    .where(inArray(artifacts.jobId, ids))
    .orderBy(asc(artifacts.name));
  return rows.map((row) =>
    toJob(
      row,
      stages.filter((stage) => stage.jobId === row.id),
      files.filter((file) => file.jobId === row.id),
    ),
  );
}

export async function readStage(queries: Queries, jobId: string, index: number): Promise<JobStage | null> {
  const [row] = await queries
    .select()
    .from(jobStages)
    .where(and(eq(jobStages.jobId, jobId), eq(jobStages.index, index)));
  if (!row) return null;
  const files = await queries
    .select()
    .from(artifacts)
    .where(and(eq(artifacts.jobId, jobId), eq(artifacts.stageIndex, index)))
    .orderBy(asc(artifacts.name));
  return toStage(row, files);
}

function toJob(row: JobRow, stages: StageRow[], files: ArtifactRow[]): Job {
  const {
    run: _run,
    lastEvent: _lastEvent,
    enqueued: _enqueued,
    cancelRequestedAt: _cancel,
    priority: _priority,
    createdAt,
    finishedAt,
    ...rest
  } = row;
  return {
    ...rest,
    stages: stages.map((stage) =>
      toStage(
        stage,
        files.filter((file) => file.stageIndex === stage.index),
      ),
    ),
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

function toStage({ jobId: _jobId, startedAt, finishedAt, ...row }: StageRow, files: ArtifactRow[]): JobStage {
  return {
    ...row,
    artifacts: files.map(({ name, digest, bytes }) => ({ name, digest, bytes })),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

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
  const isTheirs = inArray(jobStages.jobId, ids);
  const inOrder = [asc(jobStages.jobId), asc(jobStages.index)];
  const stages = await queries
    .select()
    .from(jobStages)
    .where(isTheirs)
    .orderBy(...inOrder);
  const isFileOfTheirs = inArray(artifacts.jobId, ids);
  const files = await queries.select().from(artifacts).where(isFileOfTheirs).orderBy(asc(artifacts.name));
  return jobsOf(rows, stages, files);
}

/** Jobs in the order of their rows, each with those of the stages and artifacts that are its own, in their order. */
export function jobsOf(rows: readonly JobRow[], stages: readonly StageRow[], files: readonly ArtifactRow[]): Job[] {
  const [stagesByJob, filesByJob] = [byJob(stages), byJob(files)];
  return rows.map((row) => toJob(row, stagesByJob.get(row.id) ?? [], filesByJob.get(row.id) ?? []));
}

function byJob<R extends { jobId: string }>(rows: readonly R[]): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const group = groups.get(row.jobId);
    if (group) group.push(row);
    else groups.set(row.jobId, [row]);
  }
  return groups;
}

export async function readStage(queries: Queries, jobId: string, index: number): Promise<JobStage | null> {
  const isIt = and(eq(jobStages.jobId, jobId), eq(jobStages.index, index));
  const [row] = await queries.select().from(jobStages).where(isIt);
  if (!row) return null;
  const isIts = and(eq(artifacts.jobId, jobId), eq(artifacts.stageIndex, index));
  const files = await queries.select().from(artifacts).where(isIts).orderBy(asc(artifacts.name));
  return toStage(row, files);
}

function toJob(row: JobRow, stages: readonly StageRow[], files: readonly ArtifactRow[]): Job {
  const {
    run: _run,
    lastEvent: _lastEvent,
    enqueued: _enqueued,
    cancelRequestedAt: _cancel,
    priority: _priority,
    sought: _sought,
    summed: _summed,
    createdAt,
    finishedAt,
    ...rest
  } = row;
  const filesOf = ({ index }: StageRow) => files.filter((file) => file.stageIndex === index);
  const [stagesOfJob, ended] = [
    stages.map((stage) => toStage(stage, filesOf(stage))),
    finishedAt?.toISOString() ?? null,
  ];
  return { ...rest, stages: stagesOfJob, createdAt: createdAt.toISOString(), finishedAt: ended };
}

function toStage({ jobId: _jobId, startedAt, finishedAt, ...row }: StageRow, files: ArtifactRow[]): JobStage {
  const refs = files.map(({ name, digest, bytes }) => ({ name, digest, bytes }));
  return {
    ...row,
    artifacts: refs,
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

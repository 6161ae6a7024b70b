import { randomUUID } from 'node:crypto';
import type { Preflight, Recipe } from '#contracts';
import type { Queries } from './database.js';
import { missingReference } from './missing-reference.js';
import { jobEvents, jobModels, jobs, jobStages } from './schema.js';
import { storable } from './text.js';

export interface NewJob {
  id?: string;
  name: string | null;
  modelId: string;
  datasetId: string | null;
  /** Models of the store that the passes' options name. */
  usedModels?: readonly string[];
  recipe: Recipe;
  preflight: Preflight;
  /** The sweep whose trial it is, and its place among those that run. */
  sweepId?: string;
  priority?: number;
  /** The recipe's passes with their options completed. */
  stages: { pass: string; options: Record<string, unknown> }[];
}

/** Rows as they were written, in the order of the jobs that were given. */
export interface InsertedJobs {
  jobs: (typeof jobs.$inferSelect)[];
  stages: (typeof jobStages.$inferSelect)[];
}

/** Rows of one statement: each takes up to ten of the 65,535 parameters that PostgreSQL allows. */
const ROWS_AT_ONCE = 1000;
/** Nobody can follow a job that is not there yet, so that its first event wakes nobody. */
const FIRST_EVENT = 1;

/**
 * The rows of any number of jobs within the caller's transaction, in a handful of statements. Jobs that are made
 * together have one age, and ids that ascend in the order given: lists by age and id keep it. Throws NotFoundError
 * naming a row that they refer to and that is gone.
 */
export async function insertJobs(queries: Queries, list: readonly NewJob[]): Promise<InsertedJobs> {
  const ids = ascendingIds(list.length);
  const made = list.map((job, at) => ({ ...job, id: job.id ?? ids[at] ?? randomUUID() }));
  const inserted: InsertedJobs = { jobs: [], stages: [] };
  await inPages(made.map(jobRow), async (rows) => {
    const written = queries.insert(jobs).values(rows).returning();
    inserted.jobs.push(...(await referring(written)));
  });
  await inPages(made.flatMap(modelRows), async (rows) => {
    await referring(queries.insert(jobModels).values(rows));
  });
  await inPages(made.flatMap(stageRows), async (rows) => {
    inserted.stages.push(...(await queries.insert(jobStages).values(rows).returning()));
  });
  await inPages(made.map(eventRow), async (rows) => {
    await queries.insert(jobEvents).values(rows);
  });
  return inserted;
}

type Made = NewJob & { id: string };

function jobRow({ stages: _stages, usedModels: _usedModels, id, ...job }: Made) {
  return { id, ...storable(job), lastEvent: FIRST_EVENT };
}

function modelRows({ id: jobId, usedModels = [] }: Made) {
  return [...new Set(usedModels)].map((modelId) => ({ jobId, modelId }));
}

function stageRows({ id: jobId, stages }: Made) {
  return stages.map((stage, index) => ({ jobId, index, ...storable(stage) }));
}

function eventRow({ id: jobId }: Made) {
  return { jobId, id: FIRST_EVENT, event: { type: 'job' as const, state: 'queued' as const } };
}

/** Random ids in the order in which PostgreSQL compares them: that of their bytes, which is that of their text. */
const ascendingIds = (count: number): string[] => Array.from({ length: count }, () => randomUUID()).sort();

async function inPages<R>(rows: readonly R[], write: (page: R[]) => Promise<void>): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) await write(rows.slice(from, from + ROWS_AT_ONCE));
}

async function referring<T>(written: PromiseLike<T>): Promise<T> {
  try {
    return await written;
  } catch (error) {
    throw missingReference(error) ?? error;
  }
}

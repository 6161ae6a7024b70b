import { recipeTitle, type Figures, type JobItem } from '#contracts';
import { asc, inArray, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Queries } from './database.js';
import { jobs, jobStages } from './schema.js';

/** The figures that a list of jobs shows. */
const SHOWN = ['bytes', 'compressedBytes', 'top1', 'outputSnrDb', 'latencyMsP50', 'latencyRatio'];

/** Characters of an error that a list shows. */
const ERROR_LENGTH = 200;
/** Characters of a step's options that a list shows. */
const OPTIONS_LENGTH = 300;

/** What a list reads of a job: the rest may be a thousand times as much. */
export const JOB_COLUMNS = {
  id: jobs.id,
  name: jobs.name,
  state: jobs.state,
  modelId: jobs.modelId,
  datasetId: jobs.datasetId,
  sweepId: jobs.sweepId,
  recipe: jobs.recipe,
  baseline: figuresOf(jobs.baseline),
  gatesPassed: jobs.gatesPassed,
  error: jobs.error,
  createdAt: jobs.createdAt,
  finishedAt: jobs.finishedAt,
};

type Row = {
  [K in keyof typeof JOB_COLUMNS]: K extends 'baseline'
    ? Figures | null
    : (typeof jobs.$inferSelect)[Exclude<K, 'baseline'>];
};

/** Jobs as lists show them, in the order of the rows given: one query for any number of jobs. */
export async function readJobItems(queries: Queries, rows: readonly Row[]): Promise<JobItem[]> {
  if (rows.length === 0) return [];
  const stages = await queries
    .select({
      jobId: jobStages.jobId,
      pass: jobStages.pass,
      state: jobStages.state,
      progress: jobStages.progress,
      digest: jobStages.modelDigest,
      figures: figuresOf(jobStages.metrics),
    })
    .from(jobStages)
    .where(
      inArray(
        jobStages.jobId,
        rows.map(({ id }) => id),
      ),
    )
    .orderBy(asc(jobStages.jobId), asc(jobStages.index));
  return rows.map(({ recipe, error, createdAt, finishedAt, ...row }) => {
    const own = stages.filter(({ jobId }) => jobId === row.id);
    const measured = own.findLast(({ figures }) => figures);
    return {
      ...row,
      title: recipe.name ?? recipeTitle(recipe),
      error: error && {
        code: error.code,
        message: error.message.length > ERROR_LENGTH ? `${error.message.slice(0, ERROR_LENGTH - 1)}…` : error.message,
      },
      final: measured?.figures ?? null,
      finalDigest: measured?.digest ?? null,
      stages: own.map(({ pass, state, progress }, index) => ({
        pass,
        state,
        progress,
        options: listed(recipe.passes[index]?.options ?? {}),
      })),
      createdAt: createdAt.toISOString(),
      finishedAt: finishedAt?.toISOString() ?? null,
    };
  });
}

const listed = (options: Record<string, unknown>) => (JSON.stringify(options).length > OPTIONS_LENGTH ? null : options);

/** The figures of a column of metrics, without what else was measured. */
function figuresOf(metrics: PgColumn) {
  const pairOf = (name: string) =>
    sql`case when ${metrics} ? ${name}::text then jsonb_build_object(${name}::text, ${metrics}->${name}::text) else '{}'::jsonb end`;
  const pairs = sql.join(SHOWN.map(pairOf), sql` || `);
  return sql<Figures | null>`case when ${metrics} is null then null else ${pairs} end`;
}

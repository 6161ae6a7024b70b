import { recipeTitle, type JobLineage, type ModelLineage, type Recipe } from '#contracts';
import { sql, type SQL } from 'drizzle-orm';
import type { Database } from './database.js';

/** Models that are told of one; a sweep makes thousands. */
const MOST = 200;

interface OriginRow {
  jobId: string;
  name: string | null;
  recipe: Recipe;
}

/** What was made from what: models by jobs, and results by the job that computed them first. */
export class LineageRepository {
  constructor(private readonly database: Database) {}

  /** For each stage of a job whose result was found in the cache, the job that computed it, as far as that is still known. */
  async ofJob(jobId: string): Promise<JobLineage> {
    const rows = await this.rows<OriginRow & { index: number; computedAt: string }>(sql`
      select own.index, origin.job_id as "jobId", j.name, j.recipe, origin.finished_at as "computedAt"
      from job_stages own
      join lateral (
        select job_id, finished_at from job_stages
        where key = own.key and not cached and state = 'succeeded'
        order by finished_at limit 1
      ) origin on true
      join jobs j on j.id = origin.job_id
      where own.job_id = ${jobId} and own.cached
      order by own.index`);
    return {
      stages: rows.map(({ index, computedAt, ...row }) => ({ ...originOf(row), index, computedAt: iso(computedAt) })),
    };
  }

  /** What came to a model, and what jobs that were given it came to. */
  async ofModel(modelId: string): Promise<ModelLineage> {
    const [parents, children] = await Promise.all([this.parents(modelId), this.children(modelId)]);
    return { parents, children: children.slice(0, MOST), isCut: children.length > MOST };
  }

  private async parents(modelId: string): Promise<ModelLineage['parents']> {
    const rows = await this.rows<OriginRow & { pass: string; modelId: string; modelName: string }>(sql`
      select distinct on (j.model_id) s.job_id as "jobId", j.name, j.recipe, s.pass, m.id as "modelId", m.name as "modelName"
      from job_stages s join jobs j on j.id = s.job_id join models m on m.id = j.model_id
      where s.model_digest = ${modelId} and j.model_id <> ${modelId}
      order by j.model_id, s.finished_at, s.index
      limit ${MOST}`);
    return rows.map(({ pass, modelId: parent, modelName, ...row }) => ({
      ...originOf(row),
      pass,
      modelId: parent,
      modelName,
    }));
  }

  private async children(modelId: string): Promise<ModelLineage['children']> {
    type Row = OriginRow & Pick<ModelLineage['children'][number], 'sweepId' | 'digest' | 'modelName' | 'bytes'>;
    const rows = await this.rows<Row & { finishedAt: string }>(sql`
      select * from (
        select distinct on (last.model_digest) j.id as "jobId", j.name, j.recipe, j.sweep_id as "sweepId",
          last.model_digest as digest, m.name as "modelName", (last.metrics->>'bytes')::float8 as bytes,
          j.finished_at as "finishedAt"
        from jobs j
        join lateral (
          select model_digest, metrics from job_stages
          where job_id = j.id and model_digest is not null
          order by index desc limit 1
        ) last on true
        left join models m on m.id = last.model_digest
        where j.model_id = ${modelId} and j.state = 'succeeded' and last.model_digest <> ${modelId}
        order by last.model_digest, j.finished_at
      ) made order by "finishedAt" desc limit ${MOST + 1}`);
    return rows.map(({ sweepId, digest, modelName, bytes, finishedAt, ...row }) => ({
      ...originOf(row),
      sweepId,
      digest,
      modelName,
      bytes,
      finishedAt: iso(finishedAt),
    }));
  }

  private async rows<T>(query: SQL): Promise<T[]> {
    return (await this.database.orm.execute(query)).rows as T[];
  }
}

const originOf = ({ jobId, name, recipe }: OriginRow) => ({
  jobId,
  title: name ?? recipe.name ?? recipeTitle(recipe),
});

const iso = (moment: string): string => new Date(moment).toISOString();

import type { JobState } from '#contracts';
import { isFinal } from '#contracts';
import { eq, sql, type SQL } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { jobs } from '../schema.js';
import { trials, type StageSums, type SweepRow } from './sweep-schema.js';

/** How a stage key and a model are marked as counted. */
const MARK_OF_KEY = sql`md5('stage ' || key)::uuid`;
const MARK_OF_MODEL = sql`md5('model ' || model_digest)::uuid`;

const NO_STAGES: StageSums = { stages: 0, distinct: 0, executed: 0, seconds: 0, bytes: 0 };

/** What all stages of a sweep took: those that its sums hold, and those of jobs that go on. */
export async function stagesOf(queries: Queries, sweep: SweepRow): Promise<StageSums> {
  const { sums } = sweep;
  if (!sums) return sumOf(queries, sweep, sql`j.sweep_id = ${sweep.id}`);
  return added(sums.stages, await sumOf(queries, sweep, sql`j.sweep_id = ${sweep.id} and ${goesOn(sweep)}`));
}

/** Whether the sums do not hold all of job `j` yet: that of a trial that runs, or of no trial at all. */
function goesOn({ id, sums, verification, survey }: SweepRow): SQL {
  const others = [
    ...(sums?.open ?? []),
    ...verification.map(({ jobId }) => jobId),
    ...(survey?.jobId ? [survey.jobId] : []),
  ];
  const running = sql`select job_id from ${trials} where sweep_id = ${id} and state = 'running'`;
  return sql`j.id in (${running} union all select unnest(${sql.param(others)}::uuid[]))`;
}

async function sumOf(queries: Queries, { id, modelId }: SweepRow, isMeant: SQL): Promise<StageSums> {
  const isNew = (mark: SQL) => sql`not exists (select from sweep_marks where sweep_id = ${id} and mark = ${mark})`;
  const answer = await queries.execute<StageSums & Record<string, unknown>>(sql`
    with done as (
      select s.key, s.cached, s.seconds, s.model_digest, s.metrics
      from job_stages s join jobs j on j.id = s.job_id
      where ${isMeant} and s.state = 'succeeded' and s.index >= j.summed),
    made as (
      select distinct on (model_digest) (metrics->>'bytes')::float8 as bytes from done
      where not cached and model_digest <> ${modelId} and ${isNew(MARK_OF_MODEL)})
    select count(*)::int as stages, (count(distinct key) filter (where ${isNew(MARK_OF_KEY)}))::int as distinct,
      (count(*) filter (where not cached))::int as executed,
      coalesce(sum(seconds) filter (where not cached), 0)::float8 as seconds,
      (select coalesce(sum(bytes), 0)::float8 from made) as bytes
    from done`);
  return answer.rows[0] ?? NO_STAGES;
}

/**
 * What the stages of a job took that the sums of its sweep do not hold yet, marked as held; whether the job goes on. The
 * caller holds the sweep's row, and adds it.
 */
export async function takeStages(
  queries: Queries,
  sweep: SweepRow,
  jobId: string,
): Promise<{ stages: StageSums; goesOn: boolean }> {
  const { id } = sweep;
  const isIt = eq(jobs.id, jobId);
  const [job] = await queries.select({ state: jobs.state, sweepId: jobs.sweepId }).from(jobs).where(isIt).for('update');
  if (job?.sweepId !== id) return { stages: NO_STAGES, goesOn: false };
  const stages = await sumOf(queries, sweep, sql`j.id = ${jobId}`);
  await queries.execute(sql`
    with done as (
      select s.index, s.key, s.cached, s.model_digest from job_stages s join jobs j on j.id = s.job_id
      where j.id = ${jobId} and s.state = 'succeeded' and s.index >= j.summed),
    marked as (
      insert into sweep_marks (sweep_id, mark)
      select ${id}::uuid, ${MARK_OF_KEY} from done where key is not null
      union select ${id}::uuid, ${MARK_OF_MODEL} from done where not cached and model_digest is not null
      on conflict do nothing)
    update jobs set summed = greatest(summed, (select max(index) + 1 from done)) where id = ${jobId}`);
  return { stages, goesOn: !isFinal(job.state as JobState) };
}

export function added(a: StageSums, b: StageSums): StageSums {
  return {
    stages: a.stages + b.stages,
    distinct: a.distinct + b.distinct,
    executed: a.executed + b.executed,
    seconds: a.seconds + b.seconds,
    bytes: a.bytes + b.bytes,
  };
}

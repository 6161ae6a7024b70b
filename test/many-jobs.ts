import type { JobState } from '#contracts';
import type { Database } from '#database';
import { EMPTY_INSPECTION } from '#testing';

/** Rows of jobs with one stage each, by SQL: thousands in a moment, oldest first. Returns their ids by state. */
export async function insertManyJobs<S extends JobState>(
  database: Pick<Database, 'pool'>,
  counts: Partial<Record<S, number>>,
  summary = {},
): Promise<Record<S, string[]>> {
  const model = 'a'.repeat(64);
  await database.pool.query(
    'insert into models (id, name, bytes, inspection) values ($1, $2, 1, $3) on conflict do nothing',
    [model, 'net', EMPTY_INSPECTION],
  );
  const made: Partial<Record<S, string[]>> = {};
  for (const [state, count] of Object.entries(counts) as [S, number][]) {
    const { rows } = await database.pool.query<{ id: string }>(
      `with made as (
         insert into jobs (id, name, state, model_id, recipe, preflight, created_at)
         select gen_random_uuid(), $1 || ' ' || i, $1, $2, $3, $4, now() - interval '1 day' + i * interval '1 millisecond' from generate_series(1, $5) i
         returning id, created_at),
       stages as (insert into job_stages (job_id, index, pass, options, state, summary) select id, 0, 'prune', '{}', $6, $7 from made)
       select id from made order by created_at`,
      [
        state,
        model,
        { seed: 0, passes: [{ pass: 'prune', options: {} }], gates: [] },
        { problems: [], skipped: [] },
        count,
        state === 'queued' ? 'waiting' : state,
        summary,
      ],
    );
    made[state] = rows.map(({ id }) => id);
  }
  return made as Record<S, string[]>;
}

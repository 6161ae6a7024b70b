import { sql } from 'drizzle-orm';
import type { Queries } from '../database.js';

/** What the stages of a job took that were computed for it, and the digest of the last model that they made. */
export interface JobSums extends Record<string, unknown> {
  executed: number;
  seconds: number;
  digest: string | null;
}

const NO_STAGES: JobSums = { executed: 0, seconds: 0, digest: null };

/** The sums of a job; those of none where it is null or gone. */
export async function jobSums(queries: Queries, jobId: string | null): Promise<JobSums> {
  if (jobId === null) return NO_STAGES;
  const answer = await queries.execute<JobSums>(sql`
    select (count(*) filter (where state = 'succeeded' and not cached))::int as executed,
      coalesce(sum(seconds) filter (where state = 'succeeded' and not cached), 0)::float8 as seconds,
      (array_agg(model_digest order by index desc) filter (where model_digest is not null))[1] as digest
    from job_stages where job_id = ${jobId}`);
  return answer.rows[0] ?? NO_STAGES;
}

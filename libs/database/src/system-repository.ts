import type { SystemReport } from '#contracts';
import { sql, type SQL } from 'drizzle-orm';
import type { Database } from './database.js';

const HOURS = 24;
const HOUR_MS = 3_600_000;

type Activity = SystemReport['lastDay'];
type Storage = SystemReport['storage'];

/** The installation as a whole: what was done of late, and what is kept. */
export class SystemRepository {
  constructor(private readonly database: Pick<Database, 'orm'>) {}

  /** The version of the server, as "18.4". */
  async version(): Promise<string> {
    const [row] = await this.rows<{ version: string }>(sql`select current_setting('server_version') as version`);
    return row?.version.split(' ')[0] ?? 'unknown';
  }

  /** Jobs that ended and stages that got their result within 24 hours. */
  async lastDay(now = Date.now()): Promise<Activity> {
    const first = new Date(Math.floor(now / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS);
    const [ended, byHour] = await Promise.all([this.jobsSince(first), this.stagesSince(first)]);
    const hours = Array.from({ length: HOURS }, (_, index) => {
      const from = new Date(first.getTime() + index * HOUR_MS);
      const found = byHour.find(({ hour }) => hour === from.getTime() / HOUR_MS);
      return { from: from.toISOString(), computed: found?.computed ?? 0, cached: found?.cached ?? 0 };
    });
    return {
      jobs: { succeeded: ended['succeeded'] ?? 0, failed: ended['failed'] ?? 0, cancelled: ended['cancelled'] ?? 0 },
      computed: sumOf(byHour, ({ computed }) => computed),
      cached: sumOf(byHour, ({ cached }) => cached),
      seconds: sumOf(byHour, ({ seconds }) => seconds),
      hours,
    };
  }

  /** How many results there are to be found in the cache. */
  async results(): Promise<number> {
    const [row] = await this.rows<{ count: number }>(sql`select count(*)::int as count from stage_results`);
    return row?.count ?? 0;
  }

  /** Files by kind with their bytes; what several records name is counted once. */
  async storage(): Promise<Storage> {
    return this.rows(sql`
      with made as (
        select distinct on (digest) digest, name, bytes from (
          select digest, name, bytes from artifacts
          union all
          select file.digest, file.name, file.bytes
          from stage_results, jsonb_to_recordset(artifacts) as file(digest text, name text, bytes float8)
        ) as files order by digest, name
      ), kept as (
        select 'models' as kind, 1 as place, bytes::float8 as bytes from models
        union all select 'datasets', 2, bytes::float8 from datasets
        union all select 'stageModels', 3, bytes from made where name like '%.onnx'
        union all select 'stageFiles', 4, bytes from made where name not like '%.onnx'
        union all select 'checkpoints', 5, bytes::float8 from (
          select distinct on (digest) bytes from stage_checkpoints where stored order by digest
        ) as checkpoints
      )
      select kinds.kind, count(kept.bytes)::int as files, coalesce(sum(kept.bytes), 0)::float8 as bytes
      from (values ('models', 1), ('datasets', 2), ('stageModels', 3), ('stageFiles', 4), ('checkpoints', 5))
        as kinds(kind, place)
      left join kept on kept.kind = kinds.kind
      group by kinds.kind, kinds.place order by kinds.place`);
  }

  private async jobsSince(first: Date): Promise<Record<string, number>> {
    const rows = await this.rows<{ state: string; count: number }>(sql`
      select state, count(*)::int as count from jobs where finished_at >= ${first.toISOString()} group by state`);
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** Hours are counted from 1970. */
  private stagesSince(first: Date): Promise<{ hour: number; computed: number; cached: number; seconds: number }[]> {
    return this.rows(sql`
      select floor(extract(epoch from finished_at) / 3600)::int as hour,
        count(*) filter (where not cached)::int as computed,
        count(*) filter (where cached)::int as cached,
        coalesce(sum(seconds) filter (where not cached), 0)::float8 as seconds
      from job_stages where state = 'succeeded' and finished_at >= ${first.toISOString()}
      group by 1`);
  }

  private async rows<T>(query: SQL): Promise<T[]> {
    return (await this.database.orm.execute(query)).rows as T[];
  }
}

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

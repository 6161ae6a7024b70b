import { goalsOf, type Sweep, type SweepCost, type SweepItem, type TrialCounts } from '#contracts';
import { inArray, sql } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { sweeps, trials } from './sweep-schema.js';

export type SweepRow = typeof sweeps.$inferSelect;

interface Tally {
  counts: TrialCounts;
  feasible: number;
}

/** A sweep as a client sees it, with what it cost until now. */
export async function readSweep(queries: Queries, row: SweepRow): Promise<Sweep> {
  const { counts, feasible } = (await tallies(queries, [row.id])).get(row.id) ?? NOTHING;
  const {
    asked: _asked,
    revision: _revision,
    lastEvent: lastEventId,
    runningSince,
    createdAt,
    finishedAt,
    ...rest
  } = row;
  return {
    ...rest,
    title: titleOf(row),
    objectives: goalsOf(row.document),
    cost: await costOf(queries, row, counts),
    counts,
    feasible,
    lastEventId,
    searchedSeconds: row.searchedSeconds + (runningSince ? (Date.now() - runningSince.getTime()) / 1000 : 0),
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

/** Sweeps as lists show them, in the order of the rows given: one query for any number. */
export async function readSweepItems(queries: Queries, rows: readonly SweepRow[]): Promise<SweepItem[]> {
  const found = await tallies(
    queries,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => {
    const { id, name, state, modelId, datasetId, document, reason, createdAt, finishedAt } = row;
    return {
      id,
      name,
      state,
      modelId,
      datasetId,
      reason,
      objectives: goalsOf(row.document),
      ...(found.get(id) ?? NOTHING),
      title: titleOf(row),
      trials: document.limits.trials ?? null,
      createdAt: createdAt.toISOString(),
      finishedAt: finishedAt?.toISOString() ?? null,
    };
  });
}

const NO_TRIALS: TrialCounts = { running: 0, complete: 0, stopped: 0, cancelled: 0, failed: 0, infeasible: 0 };
const NOTHING: Tally = { counts: NO_TRIALS, feasible: 0 };

/** Its name, that of its document, or "quantize → prune, over bits, prune.ratio". */
function titleOf({ name, document, forecast }: SweepRow): string {
  const given = name ?? document.name;
  if (given !== undefined) return given;
  const passes = document.passes.map(({ pass }) => pass).join(' → ');
  return `${passes}, over ${forecast.parameters.map(({ name }) => name).join(', ')}`.slice(0, 160);
}

async function tallies(queries: Queries, ids: readonly string[]): Promise<Map<string, Tally>> {
  if (ids.length === 0) return new Map();
  const { sweepId, state, violation } = trials;
  const rows = await queries
    .select({
      sweepId,
      state,
      count: sql<number>`count(*)::int`,
      feasible: sql<number>`(count(*) filter (where ${state} = 'complete' and ${violation} = 0))::int`,
    })
    .from(trials)
    .where(inArray(sweepId, [...ids]))
    .groupBy(sweepId, state);
  const found = new Map<string, Tally>();
  for (const row of rows) {
    const { counts, feasible } = found.get(row.sweepId) ?? NOTHING;
    const withRow = { ...counts, [row.state]: row.count };
    found.set(row.sweepId, { counts: withRow, feasible: feasible + row.feasible });
  }
  return found;
}

interface StageSums extends Record<string, unknown> {
  stages: number;
  distinct: number;
  executed: number;
  seconds: number;
  bytes: number;
}

/** What the stages of its jobs took; those that were found took nothing. */
async function costOf(queries: Queries, { id, modelId }: SweepRow, counts: TrialCounts): Promise<SweepCost> {
  const answer = await queries.execute<StageSums>(sql`
    with done as (
      select s.key, s.cached, s.seconds, s.model_digest, s.metrics
      from job_stages s join jobs j on j.id = s.job_id
      where j.sweep_id = ${id} and s.state = 'succeeded'),
    made as (
      select distinct on (model_digest) (metrics->>'bytes')::float8 as bytes from done
      where not cached and model_digest <> ${modelId})
    select count(*)::int as stages, count(distinct key)::int as distinct,
      (count(*) filter (where not cached))::int as executed,
      coalesce(sum(seconds) filter (where not cached), 0)::float8 as seconds,
      (select coalesce(sum(bytes), 0)::float8 from made) as bytes
    from done`);
  const [sums] = answer.rows;
  const { running: _running, ...ended } = counts;
  return {
    trials: Object.values(ended).reduce((sum, count) => sum + count, 0),
    stages: sums?.stages ?? 0,
    stagesDistinct: sums?.distinct ?? 0,
    stagesExecuted: sums?.executed ?? 0,
    seconds: sums?.seconds ?? 0,
    bytes: sums?.bytes ?? 0,
  };
}

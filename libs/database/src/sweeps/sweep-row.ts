import { goalsOf, type Sweep, type SweepCost, type SweepItem, type TrialCounts } from '#contracts';
import { inArray, sql } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { stagesOf } from './stage-sums.js';
import { trials, type SweepRow } from './sweep-schema.js';
import { NO_TRIALS } from './sweep-sums.js';

interface Tally {
  counts: TrialCounts;
  feasible: number;
}

/** A sweep as a client sees it, with what it cost until now. */
export async function readSweep(queries: Queries, row: SweepRow): Promise<Sweep> {
  const { counts, feasible } = (await tallies(queries, [row])).get(row.id) ?? NOTHING;
  const {
    asked: _asked,
    revision: _revision,
    sums: _sums,
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
  const found = await tallies(queries, rows);
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

const NOTHING: Tally = { counts: NO_TRIALS, feasible: 0 };

/** Its name, that of its document, or "quantize → prune, over bits, prune.ratio". */
function titleOf({ name, document, forecast }: SweepRow): string {
  const given = name ?? document.name;
  if (given !== undefined) return given;
  const passes = document.passes.map(({ pass }) => pass).join(' → ');
  return `${passes}, over ${forecast.parameters.map(({ name }) => name).join(', ')}`.slice(0, 160);
}

/** Trials by state: as sums hold them, counted where an earlier version began the sweep. */
async function tallies(queries: Queries, rows: readonly SweepRow[]): Promise<Map<string, Tally>> {
  const unsummed = rows.filter(({ sums }) => sums === null).map(({ id }) => id);
  const counted = await countedTallies(queries, unsummed);
  for (const { id, sums } of rows) if (sums) counted.set(id, { counts: sums.counts, feasible: sums.feasible });
  return counted;
}

async function countedTallies(queries: Queries, ids: readonly string[]): Promise<Map<string, Tally>> {
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

/** What the stages of its jobs took, and how many trials have ended. */
async function costOf(queries: Queries, row: SweepRow, counts: TrialCounts): Promise<SweepCost> {
  const { stages, distinct, executed, seconds, bytes } = await stagesOf(queries, row);
  const { running: _running, ...ended } = counts;
  const trials = Object.values(ended).reduce((sum, count) => sum + count, 0);
  return { trials, stages, stagesDistinct: distinct, stagesExecuted: executed, seconds, bytes };
}

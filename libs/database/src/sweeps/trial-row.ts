import type { StageMetrics, Trial } from '#contracts';
import { asc, inArray } from 'drizzle-orm';
import type { Queries } from '../database.js';
import { jobStages } from '../schema.js';
import { trials } from './sweep-schema.js';

export type TrialRow = typeof trials.$inferSelect;

/**
 * Trials as a client sees them, in the order of the rows given; of those that run, with what their stages have found.
 */
export async function readTrials(queries: Queries, rows: readonly TrialRow[]): Promise<Trial[]> {
  const running = rows.filter(({ state }) => state === 'running');
  const open = running.flatMap(({ jobId }) => jobId ?? []);
  const stages = open.length === 0 ? [] : await stagesOf(queries, open);
  return rows.map((row) => {
    const ofTrial = stages.filter(({ jobId }) => jobId === row.jobId);
    return toTrial(row, ofTrial);
  });
}

interface StageRow {
  index: number;
  state: string;
  metrics: StageMetrics | null;
}

function stagesOf(queries: Queries, jobIds: readonly string[]) {
  const { jobId, index, state, metrics } = jobStages;
  const columns = { jobId, index, state, metrics };
  const isTheirs = inArray(jobId, [...jobIds]);
  return queries.select(columns).from(jobStages).where(isTheirs).orderBy(asc(jobId), asc(index));
}

function toTrial(row: TrialRow, stages: readonly StageRow[]): Trial {
  const { sweepId: _sweepId, slot: _slot, outcome, revision: _revision, createdAt, finishedAt, ...trial } = row;
  const isRunning = row.state === 'running';
  return {
    ...trial,
    constraints: outcome?.constraints ?? null,
    stage: isRunning ? (stages.find(({ state }) => state !== 'succeeded')?.index ?? null) : null,
    metrics: isRunning ? (stages.findLast(({ metrics }) => metrics !== null)?.metrics ?? null) : row.metrics,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

import { randomUUID } from 'node:crypto';
import {
  MeasuredModel,
  recipeTitle,
  type BenchmarkResult,
  type DeviceHistoryQuery,
  type DeviceMeasurement,
  type Failure,
  type Recipe,
} from '#contracts';
import { and, asc, desc, eq, getTableColumns, inArray, lte, sql } from 'drizzle-orm';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Database } from '../database.js';
import { appendEvent } from '../event-repository.js';
import { jobs, models } from '../schema.js';
import { benchmarkResults, benchmarks, type BenchmarkWork } from './device-schema.js';
import { storable } from '../text.js';
import { after } from './device-repository.js';
import { wakeDevices } from './wake.js';

export type BenchmarkRow = typeof benchmarks.$inferSelect;

/** A benchmark that is asked for. */
export interface NewBenchmark {
  asked: string;
  /** The device that may take it, or else the tag that one must have. */
  wantedName: string | null;
  wantedTag: string | null;
  /** Tags by which the recipe asked for it. */
  askedTags?: string[];
  work: BenchmarkWork;
  fresh: boolean;
  /** A result that is known already, and whose it is. */
  known: { result: BenchmarkResult; deviceName: string } | null;
}

/** A benchmark that has not ended, with what stands before it. */
export interface OpenBenchmark extends BenchmarkRow {
  /** Those for the same device, or the same tag, that were asked for before. */
  ahead: number;
  /** Names of devices that have another of the same stage and tag: each takes one. */
  takenBy: string[];
  jobName: string | null;
}

const OPEN = ['waiting', 'running'] as const;
/** Results by which the time of a benchmark is guessed. */
const RECENT = 20;

/** What is to be measured on devices, and what came of it. Who takes it is in LeaseRepository. */
export class BenchmarkRepository {
  constructor(private readonly database: Database) {}

  /** Adds the benchmarks of a stage, unless they are there already, and wakes the devices that wait for some. */
  async create(jobId: string, stageIndex: number, list: readonly NewBenchmark[], timeLimitMs: number): Promise<void> {
    if (list.length === 0) return;
    const rows = list.map(({ known, work, ...wish }, ordinal) => ({
      ...wish,
      ...(known ? succeeded(known.result, known.deviceName) : {}),
      work: storable(work),
      id: randomUUID(),
      jobId,
      stageIndex,
      ordinal,
      deadlineAt: after(timeLimitMs),
    }));
    await this.database.orm.transaction(async (queries) => {
      const added = await queries.insert(benchmarks).values(rows).onConflictDoNothing().returning();
      await wakeDevices(queries, added);
      for (const { asked, cached } of added) {
        const line = `benchmark on ${asked}: ${cached ? 'the result is known' : 'waits for a device'}`;
        await appendEvent(queries, jobId, { type: 'log', index: stageIndex, line });
      }
    });
  }

  /** Those of a job, in the order of its stages, each with the number of those before it. */
  async ofJob(jobId: string): Promise<OpenBenchmark[]> {
    return this.select(eq(benchmarks.jobId, jobId)).orderBy(asc(benchmarks.stageIndex), asc(benchmarks.ordinal));
  }

  /** Every benchmark that has not ended, oldest first. */
  async open(): Promise<OpenBenchmark[]> {
    const isOpen = inArray(benchmarks.state, [...OPEN]);
    return this.select(isOpen).orderBy(asc(benchmarks.createdAt), asc(benchmarks.id));
  }

  /** Whether a benchmark of the job has not ended. */
  async hasOpen(jobId: string): Promise<boolean> {
    const isOpen = and(eq(benchmarks.jobId, jobId), inArray(benchmarks.state, [...OPEN]));
    const rows = await this.database.orm.select({ id: benchmarks.id }).from(benchmarks).where(isOpen).limit(1);
    return rows.length > 0;
  }

  /** Those that no device has taken in time. */
  async overdue(): Promise<OpenBenchmark[]> {
    return this.select(and(eq(benchmarks.state, 'waiting'), lte(benchmarks.deadlineAt, sql`now()`)));
  }

  /** Ends one that still waits; false when it does not. */
  async failWaiting(id: string, error: Failure): Promise<boolean> {
    return this.database.orm.transaction(async (queries) => {
      const isWaiting = and(eq(benchmarks.id, id), eq(benchmarks.state, 'waiting'));
      const failed = { state: 'failed', error: storable(error), finishedAt: sql`now()` } as const;
      const [row] = await queries.update(benchmarks).set(failed).where(isWaiting).returning();
      if (!row) return false;
      const line = `benchmark on ${row.asked} failed: ${error.message}`;
      await appendEvent(queries, row.jobId, { type: 'log', index: row.stageIndex, line });
      return true;
    });
  }

  /** Results by key, of those that are known. */
  async known(keys: readonly string[]): Promise<Map<string, { result: BenchmarkResult; deviceName: string }>> {
    if (keys.length === 0) return new Map();
    const { key, result, deviceName } = benchmarkResults;
    const isAsked = inArray(key, [...keys]);
    const rows = await this.database.orm.select({ key, result, deviceName }).from(benchmarkResults).where(isAsked);
    return new Map(rows.map((row) => [row.key, row]));
  }

  /**
   * What a device of this name measured, the newest first; results that were known already are none of it. Throws
   * InvalidCursorError.
   */
  async ofDevice(
    name: string,
    { cursor, limit, model }: DeviceHistoryQuery,
  ): Promise<{ items: DeviceMeasurement[]; nextCursor: string | null }> {
    const { id, jobId, createdAt, finishedAt, result, state, cached, deviceName } = benchmarks;
    const from = cursor === undefined ? undefined : decodeCursor('benchmarks', cursor);
    const isNext =
      from && sql`(${createdAt}, ${id}) < (${from.createdAt.toISOString()}::timestamptz, ${from.id}::uuid)`;
    const ofModel = model === undefined ? undefined : eq(jobs.modelId, model);
    // Of those that succeeded there is one.
    const columns = { id, jobId, createdAt, finishedAt, result: sql<BenchmarkResult>`${result}` };
    const rows = await this.database.orm
      .select({ ...columns, name: jobs.name, recipe: jobs.recipe, modelId: jobs.modelId, modelName: models.name })
      .from(benchmarks)
      .innerJoin(jobs, eq(jobs.id, jobId))
      .innerJoin(models, eq(models.id, jobs.modelId))
      .where(and(eq(deviceName, name), eq(state, 'succeeded'), eq(cached, false), ofModel, isNext))
      .orderBy(desc(createdAt), desc(id))
      .limit(limit + 1);
    return pageOf('benchmarks', rows, limit, toMeasurement);
  }

  /** Mean seconds of the benchmarks that ended last; null before any did. */
  async meanSeconds(): Promise<number | null> {
    const seconds = sql<number>`extract(epoch from ${benchmarks.finishedAt} - ${benchmarks.startedAt})`;
    const recent = this.database.orm
      .select({ seconds: seconds.as('seconds') })
      .from(benchmarks)
      .where(and(eq(benchmarks.state, 'succeeded'), eq(benchmarks.cached, false)))
      .orderBy(sql`${benchmarks.finishedAt} desc`)
      .limit(RECENT)
      .as('recent');
    const mean = sql<number | null>`avg(${recent.seconds})::float`;
    const [row] = await this.database.orm.select({ mean }).from(recent);
    return row?.mean ?? null;
  }

  private select(condition: ReturnType<typeof and>) {
    const { wantedName, wantedTag, createdAt, id, jobId, stageIndex } = benchmarks;
    const ahead = sql<number>`(select count(*)::int from benchmarks other
      where other.state in ('waiting', 'running')
      and (other.wanted_name = ${wantedName} or other.wanted_tag = ${wantedTag})
      and (other.created_at, other.id) < (${createdAt}, ${id}))`;
    const takenBy = sql<string[]>`array(select device.name from benchmarks other
      join devices device on device.id = other.device_id
      where other.job_id = ${jobId} and other.stage_index = ${stageIndex} and other.wanted_tag = ${wantedTag}
      and other.state in ('running', 'succeeded'))`;
    const columns = { ...getTableColumns(benchmarks), ahead, takenBy, jobName: jobs.name };
    const ofJobs = this.database.orm.select(columns).from(benchmarks).innerJoin(jobs, eq(jobs.id, benchmarks.jobId));
    return ofJobs.where(condition);
  }
}

interface MeasurementRow extends Pick<BenchmarkRow, 'id' | 'jobId' | 'createdAt' | 'finishedAt'> {
  result: BenchmarkResult;
  name: string | null;
  recipe: Recipe;
  modelId: string;
  modelName: string;
}

function toMeasurement({ recipe, name, result, createdAt, finishedAt, ...row }: MeasurementRow): DeviceMeasurement {
  return {
    ...row,
    title: name ?? recipe.name ?? recipeTitle(recipe),
    measuredAt: (finishedAt ?? createdAt).toISOString(),
    fingerprint: result.fingerprint,
    models: result.models.map((timing) => MeasuredModel.parse(timing)),
  };
}

/** The columns of a benchmark whose result is known without measuring. */
export const succeeded = (result: BenchmarkResult, deviceName: string) => ({
  state: 'succeeded' as const,
  cached: true,
  progress: 1,
  result,
  deviceName,
  finishedAt: sql`now()`,
});

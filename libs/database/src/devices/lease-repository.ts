import type { BenchmarkResult, Failure } from '#contracts';
import { and, asc, eq, gt, inArray, isNull, lte, ne, notExists, or, sql } from 'drizzle-orm';
import { alias, type PgUpdateSetSource } from 'drizzle-orm/pg-core';
import type { Database, Queries } from '../database.js';
import { BenchmarkLostError, DeviceReplacedError, LeaseLostError, NotFoundError } from '../errors.js';
import { appendEvent } from '../event-repository.js';
import { Notifications } from '../notifications.js';
import { benchmarkResults, benchmarks, devices, type BenchmarkWork } from './device-schema.js';
import { storable } from '../text.js';
import { succeeded, type BenchmarkRow } from './benchmark-repository.js';
import { after, countFailure, type DeviceRow } from './device-repository.js';
import { isWithinLimits } from './within-limits.js';
import { topicsOf, wakeDevices } from './wake.js';

/** By what a device names its lease. */
export interface LeaseName {
  id: string;
  fence: number;
  deviceId: string;
}

export interface ClaimOptions {
  deviceId: string;
  /** The start of the agent that asks. */
  instance: string;
  lostAfterMs: number;
  /** By what a result of the device is known. */
  keyOf(work: BenchmarkWork, device: DeviceRow): string;
}

export interface Claim {
  lease: BenchmarkRow | null;
  /** Jobs of which a benchmark ended on the way, because its result was known. */
  ended: string[];
}

const other = alias(benchmarks, 'other');

/**
 * Leases: which start of which device holds which benchmark, until when and under which fencing number. Whatever ends
 * one is a single statement that asks for that number, so that of two answers one is taken. Times are those of the
 * database, which all processes share.
 */
export class LeaseRepository {
  private readonly notifications: Notifications;

  constructor(private readonly database: Database) {
    this.notifications = new Notifications(database.url, 'coldpress_devices');
  }

  /** Calls `wake` when there may be work for the device; returns how to stop. */
  async subscribe({ name, tags }: Pick<DeviceRow, 'name' | 'tags'>, wake: () => void): Promise<() => void> {
    const subscriptions = topicsOf(name, tags).map((topic) => this.notifications.subscribe(topic, wake));
    const stops = await Promise.all(subscriptions);
    return () => stops.forEach((stop) => stop());
  }

  /**
   * The lease that this start holds already, else the oldest benchmark that the device may take; null where there is
   * none, or where it gets no work. Throws DeviceReplacedError for a start that is not the newest, and NotFoundError
   * for a device that was removed.
   */
  async claim(options: ClaimOptions): Promise<Claim> {
    const { deviceId, instance, lostAfterMs, keyOf } = options;
    const said: Said[] = [];
    const claimed = await this.database.orm.transaction(async (queries): Promise<Claim> => {
      const device = await lockDevice(queries, deviceId);
      if (device.instance !== instance) throw new DeviceReplacedError(device.name);
      await queries
        .update(devices)
        .set({ lastSeenAt: sql`now()` })
        .where(eq(devices.id, deviceId));
      const held = await heldBy(queries, deviceId, lostAfterMs);
      if (held) return { lease: held, ended: [] };
      if (device.draining || device.quarantine !== null) return { lease: null, ended: [] };
      const ended: string[] = [];
      for (;;) {
        const next = await nextFor(queries, device);
        if (!next) return { lease: null, ended };
        const known = next.fresh ? null : await knownResult(queries, keyOf(next.work, device));
        if (!known) {
          const lease = await take(queries, next, device, lostAfterMs);
          said.push([lease, 'begins']);
          return { lease, ended };
        }
        const row = await change(queries, next, succeeded(known, device.name));
        said.push([row, 'has a result from before']);
        ended.push(next.jobId);
      }
    });
    await this.say(said);
    return claimed;
  }

  /** A benchmark that the device holds under this lease. Throws LeaseLostError. */
  async require(name: LeaseName): Promise<BenchmarkRow> {
    const [row] = await this.database.orm.select().from(benchmarks).where(isHeld(name));
    if (!row) throw new LeaseLostError(name.id);
    return row;
  }

  /** A benchmark of which this was the newest lease, whether or not it is over. Throws LeaseLostError. */
  async find({ id, fence, deviceId }: LeaseName): Promise<BenchmarkRow> {
    const [row] = await this.database.orm.select().from(benchmarks).where(eq(benchmarks.id, id));
    if (row?.fence !== fence || row.deviceId !== deviceId) throw new LeaseLostError(id);
    return row;
  }

  /** Goes on with a lease. Throws LeaseLostError. */
  async extend(name: LeaseName, lostAfterMs: number, said: { progress: number; message: string }): Promise<void> {
    const { progress, message } = storable(said);
    const heard = { expiresAt: after(lostAfterMs), progressedAt: progressedAt(progress, message), progress, message };
    const held = this.database.orm.update(benchmarks).set(heard).where(isHeld(name));
    const rows = await held.returning({ id: benchmarks.id });
    if (rows.length === 0) throw new LeaseLostError(name.id);
  }

  /**
   * Takes a result, once: the same sent again is taken for an answer that was lost. Throws LeaseLostError for one that
   * is late. Returns the job.
   */
  async succeed(name: LeaseName, result: BenchmarkResult, key: string): Promise<string> {
    const kept = storable(result);
    const row = await this.database.orm.transaction(async (queries) => {
      await lockDevice(queries, name.deviceId);
      const finishedAt = sql`now()`;
      const answered = {
        state: 'succeeded',
        progress: 1,
        result: kept,
        error: null,
        expiresAt: null,
        finishedAt,
      } as const;
      const [ended] = await queries.update(benchmarks).set(answered).where(isHeld(name)).returning();
      if (!ended) return null;
      const deviceName = ended.deviceName ?? '';
      const newest = { deviceName, result: kept, createdAt: sql`now()` };
      await queries
        .insert(benchmarkResults)
        .values({ key, deviceName, result: kept })
        .onConflictDoUpdate({ target: benchmarkResults.key, set: newest });
      await queries.update(devices).set({ failures: 0 }).where(eq(devices.id, name.deviceId));
      return ended;
    });
    if (!row) return this.repeated(name, 'succeeded');
    await this.say([[row, 'has answered']]);
    return row.jobId;
  }

  /**
   * Takes a failure: the benchmark waits again, or fails when that cannot help or has been tried often enough. `counts`
   * says whether the device may be at fault, `isSick` that it surely is. Throws LeaseLostError. Returns the job.
   */
  async fail(
    name: LeaseName,
    failure: Failure & { permanent: boolean },
    fault: { counts: boolean; isSick: boolean },
    mostAttempts: number,
  ): Promise<string> {
    const { permanent, ...error } = storable(failure);
    const row = await this.database.orm.transaction(async (queries) => {
      await lockDevice(queries, name.deviceId);
      const outcome = givenUp(error, mostAttempts, permanent);
      const [ended] = await queries.update(benchmarks).set(outcome).where(isHeld(name)).returning();
      if (!ended) return null;
      if (fault.counts) await countFailure(queries, name.deviceId, error.message, fault.isSick);
      await wakeDevices(queries, [ended]);
      return ended;
    });
    if (!row) return this.repeated(name, 'waiting');
    await this.say([[row, `failed: ${error.message}${row.state === 'waiting' ? '; it is tried again' : ''}`]]);
    return row.jobId;
  }

  /** Frees what earlier starts of the device hold. Returns the jobs. */
  releaseOthers(deviceId: string, instance: string, mostAttempts: number): Promise<string[]> {
    const others = or(isNull(benchmarks.instance), ne(benchmarks.instance, instance));
    return this.giveUp(and(eq(benchmarks.deviceId, deviceId), others), mostAttempts, 'its agent was started anew');
  }

  /** Frees what a device holds that is not to be heard any more. Returns the jobs. */
  releaseAll(deviceId: string, mostAttempts: number): Promise<string[]> {
    return this.giveUp(eq(benchmarks.deviceId, deviceId), mostAttempts, 'the device was removed');
  }

  /** Leases that have not got on for so long, although heartbeats come. */
  async stalled(stallMs: number): Promise<LeaseName[]> {
    const since = sql`coalesce(${benchmarks.progressedAt}, ${benchmarks.startedAt})`;
    const isStalled = sql`${since} <= now() - ${`${Math.round(stallMs)} milliseconds`}::interval`;
    const { id, fence, deviceId } = benchmarks;
    const named = this.database.orm.select({ id, fence, deviceId }).from(benchmarks);
    const rows = await named.where(and(eq(benchmarks.state, 'running'), isStalled));
    return rows.flatMap((row) => (row.deviceId === null ? [] : [{ ...row, deviceId: row.deviceId }]));
  }

  /** Frees what was not heard of in time. Returns the jobs. */
  releaseExpired(mostAttempts: number): Promise<string[]> {
    return this.giveUp(lte(benchmarks.expiresAt, sql`now()`), mostAttempts, 'no heartbeat came in time');
  }

  async close(): Promise<void> {
    await this.notifications.close();
  }

  private async giveUp(condition: ReturnType<typeof and>, mostAttempts: number, why: string): Promise<string[]> {
    const { code, message } = new BenchmarkLostError(why);
    const error = { code, message };
    const rows = await this.database.orm.transaction(async (queries) => {
      const isLost = and(eq(benchmarks.state, 'running'), condition);
      const outcome = givenUp(error, mostAttempts, false);
      const freed = await queries.update(benchmarks).set(outcome).where(isLost).returning();
      await wakeDevices(queries, freed);
      return freed;
    });
    const words = (state: string) => `is lost: ${why}${state === 'waiting' ? '; it is measured anew' : ''}`;
    await this.say(rows.map((row) => [row, words(row.state)]));
    return rows.map(({ jobId }) => jobId);
  }

  /** An answer to a message that was taken already and came again; any other is late. Throws LeaseLostError. */
  private async repeated(name: LeaseName, state: string): Promise<string> {
    const row = await this.find(name);
    if (row.state !== state) throw new LeaseLostError(name.id);
    return row.jobId;
  }

  /**
   * For people who follow the job. Outside of the transactions: who ends a job holds its row and then takes its
   * benchmarks.
   */
  private async say(said: readonly Said[]): Promise<void> {
    for (const [row, what] of said) {
      const line = `benchmark on ${row.deviceName ?? row.asked} ${what}`;
      await appendEvent(this.database.orm, row.jobId, { type: 'log', index: row.stageIndex, line });
    }
  }
}

/** What happened to a benchmark, in words. */
type Said = [BenchmarkRow, string];

/** Before any of its benchmarks: every transaction that takes both does so in this order. Throws NotFoundError. */
async function lockDevice(queries: Queries, id: string): Promise<DeviceRow> {
  const [device] = await queries.select().from(devices).where(eq(devices.id, id)).for('update');
  if (!device) throw new NotFoundError('device', id);
  return device;
}

const isHeld = ({ id, fence, deviceId }: LeaseName) =>
  and(
    eq(benchmarks.id, id),
    eq(benchmarks.fence, fence),
    eq(benchmarks.deviceId, deviceId),
    eq(benchmarks.state, 'running'),
    gt(benchmarks.expiresAt, sql`now()`),
  );

async function heldBy(queries: Queries, deviceId: string, lostAfterMs: number): Promise<BenchmarkRow | undefined> {
  const isAlive = and(eq(benchmarks.state, 'running'), gt(benchmarks.expiresAt, sql`now()`));
  const isIts = and(eq(benchmarks.deviceId, deviceId), isAlive);
  const longer = { expiresAt: after(lostAfterMs) };
  const [row] = await queries.update(benchmarks).set(longer).where(isIts).returning();
  return row;
}

/** The oldest that the device may take; of those for any of a tag, one of a stage. */
async function nextFor(queries: Queries, device: DeviceRow): Promise<BenchmarkRow | undefined> {
  const { id, name, tags } = device;
  const sibling = queries
    .select({ id: other.id })
    .from(other)
    .where(
      and(
        eq(other.jobId, benchmarks.jobId),
        eq(other.stageIndex, benchmarks.stageIndex),
        eq(other.wantedTag, benchmarks.wantedTag),
        eq(other.deviceId, id),
        inArray(other.state, ['running', 'succeeded']),
      ),
    );
  const isForTag = tags.length > 0 ? and(inArray(benchmarks.wantedTag, tags), notExists(sibling)) : undefined;
  const isFree = and(eq(benchmarks.state, 'waiting'), gt(benchmarks.deadlineAt, sql`now()`));
  const isAllowed = and(isFree, ...isWithinLimits(device));
  const [row] = await queries
    .select()
    .from(benchmarks)
    .where(and(isAllowed, or(eq(benchmarks.wantedName, name), isForTag)))
    .orderBy(asc(benchmarks.createdAt), asc(benchmarks.ordinal))
    .limit(1)
    .for('update', { skipLocked: true });
  return row;
}

async function knownResult(queries: Queries, key: string): Promise<BenchmarkResult | null> {
  const [row] = await queries.select().from(benchmarkResults).where(eq(benchmarkResults.key, key));
  return row?.result ?? null;
}

function take(queries: Queries, row: BenchmarkRow, device: DeviceRow, lostAfterMs: number): Promise<BenchmarkRow> {
  return change(queries, row, {
    state: 'running',
    fence: row.fence + 1,
    attempts: row.attempts + 1,
    deviceId: device.id,
    deviceName: device.name,
    instance: device.instance,
    expiresAt: after(lostAfterMs),
    startedAt: sql`now()`,
    progressedAt: sql`now()`,
    progress: 0,
    message: '',
  });
}

/** Unchanged while a device says the same again and again. */
const progressedAt = (progress: number, message: string) =>
  sql`case when ${benchmarks.progress} = ${progress}::float8 and ${benchmarks.message} = ${message}::text
    then ${benchmarks.progressedAt} else now() end`;

/** Changes a row that is locked. */
async function change(
  queries: Queries,
  row: BenchmarkRow,
  values: PgUpdateSetSource<typeof benchmarks>,
): Promise<BenchmarkRow> {
  const [changed] = await queries.update(benchmarks).set(values).where(eq(benchmarks.id, row.id)).returning();
  return changed ?? row;
}

/** The columns of a benchmark that its device does not go on with. */
function givenUp(error: Failure, mostAttempts: number, permanent: boolean) {
  const isOver = sql`(${permanent}::boolean or ${benchmarks.attempts} >= ${mostAttempts})`;
  return {
    state: sql<BenchmarkRow['state']>`case when ${isOver} then 'failed' else 'waiting' end`,
    finishedAt: sql<Date | null>`case when ${isOver} then now() end`,
    error,
    expiresAt: null,
    instance: null,
    progress: 0,
  };
}

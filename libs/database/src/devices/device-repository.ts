import { randomUUID } from 'node:crypto';
import type { AgentHello, DeviceCondition, EnrolDevice, EnrolledDevice } from '#contracts';
import { and, asc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Database, Queries } from '../database.js';
import { DeviceNameTakenError, EnrolmentCodeError, isUniqueViolation, NotFoundError } from '../errors.js';
import { devices, enrolmentCodes } from '../schema.js';
import { newSecret, secretHash } from '../secret.js';
import { storable } from '../text.js';

export type DeviceRow = typeof devices.$inferSelect;

/** Failures in a row after which a device gets no more work. */
const MOST_FAILURES = 3;
/** Prefix of device keys, by which one that is used elsewhere is told. */
export const DEVICE_KEY_PREFIX = 'cpd';

/** Registered machines that measure models: how they come, what is known of them, and whether they get work. */
export class DeviceRepository {
  constructor(private readonly database: Database) {}

  /** A code by which one device may enrol; this is the only time that it can be read. */
  async createCode(wishes: { name?: string | undefined; tags: string[] }, validMs: number): Promise<NewCode> {
    const { orm } = this.database;
    await orm.delete(enrolmentCodes).where(lt(enrolmentCodes.expiresAt, sql`now()`));
    const code = newSecret('cpe');
    const [row] = await orm
      .insert(enrolmentCodes)
      .values({ hash: secretHash(code), name: wishes.name ?? null, tags: wishes.tags, expiresAt: after(validMs) })
      .returning({ expiresAt: enrolmentCodes.expiresAt });
    return { code, expiresAt: row?.expiresAt ?? new Date() };
  }

  /**
   * Trades a code for a device with a key. The code is used up then, and only then. Throws EnrolmentCodeError for one that is unknown, used or too
   * old, and DeviceNameTakenError.
   */
  async enrol(wishes: EnrolDevice): Promise<EnrolledDevice> {
    const key = newSecret(DEVICE_KEY_PREFIX);
    let name: string = wishes.name;
    return this.database.orm
      .transaction(async (queries) => {
        const code = await takeCode(queries, wishes.code);
        name = code.name ?? name;
        const tags = [...new Set([...wishes.tags, ...code.tags])];
        const { protocol, version, fingerprint } = wishes;
        const row = { id: randomUUID(), name, tags, keyHash: secretHash(key), protocol, version };
        await queries.insert(devices).values({ ...row, fingerprint: storable(fingerprint) });
        return { id: row.id, name, tags, key };
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new DeviceNameTakenError(name, error) : error;
      });
  }

  /** The device of a key, or null. */
  async verify(key: string): Promise<DeviceRow | null> {
    const [row] = await this.database.orm
      .select()
      .from(devices)
      .where(eq(devices.keyHash, secretHash(key)));
    return row ?? null;
  }

  /** Notes what an agent says of itself when it starts. */
  async hello(id: string, { protocol, version, instance, fingerprint, condition }: AgentHello): Promise<void> {
    const known = storable({ protocol, version, instance, fingerprint, condition });
    await this.database.orm
      .update(devices)
      .set({ ...known, lastSeenAt: sql`now()` })
      .where(eq(devices.id, id));
  }

  async seen(id: string, condition: DeviceCondition): Promise<void> {
    await this.database.orm
      .update(devices)
      .set({ condition, lastSeenAt: sql`now()` })
      .where(eq(devices.id, id));
  }

  async list(): Promise<DeviceRow[]> {
    return this.database.orm.select().from(devices).orderBy(asc(devices.name));
  }

  /** Throws NotFoundError. */
  async require(id: string): Promise<DeviceRow> {
    const [row] = await this.database.orm.select().from(devices).where(eq(devices.id, id));
    if (!row) throw new NotFoundError('device', id);
    return row;
  }

  /** It finishes what it is at and gets nothing more. Throws NotFoundError. */
  async drain(id: string): Promise<void> {
    await this.change(id, { draining: true });
  }

  /** It gets work again, whatever kept it from that. Throws NotFoundError. */
  async resume(id: string): Promise<void> {
    const changed = await this.change(id, { draining: false, quarantine: null, failures: 0 });
    await this.database.orm.execute(sql`select pg_notify('coldpress_devices', ${`name:${changed.name}`}::text)`);
  }

  /** Its key opens nothing from now on. Throws NotFoundError. */
  async remove(id: string): Promise<DeviceRow> {
    const [row] = await this.database.orm.delete(devices).where(eq(devices.id, id)).returning();
    if (!row) throw new NotFoundError('device', id);
    return row;
  }

  private async change(id: string, values: Partial<DeviceRow>): Promise<DeviceRow> {
    const [row] = await this.database.orm.update(devices).set(values).where(eq(devices.id, id)).returning();
    if (!row) throw new NotFoundError('device', id);
    return row;
  }
}

export interface NewCode {
  code: string;
  expiresAt: Date;
}

/** Counts a failure; at the third in a row, or where its health check fails, the device gets no more work. */
export async function countFailure(queries: Queries, id: string, why: string, isSick: boolean): Promise<void> {
  const failures = sql`${devices.failures} + 1`;
  const isOut = sql`${isSick}::boolean or ${failures} >= ${MOST_FAILURES}`;
  const words = isSick
    ? `its health check failed: ${why}`
    : `${MOST_FAILURES} failures in a row, the last of them: ${why}`;
  await queries
    .update(devices)
    .set({ failures, quarantine: sql`case when ${isOut} then ${words}::text else ${devices.quarantine} end` })
    .where(eq(devices.id, id));
}

async function takeCode(queries: Queries, code: string): Promise<{ name: string | null; tags: string[] }> {
  const [row] = await queries
    .delete(enrolmentCodes)
    .where(and(eq(enrolmentCodes.hash, secretHash(code)), gt(enrolmentCodes.expiresAt, sql`now()`)))
    .returning({ name: enrolmentCodes.name, tags: enrolmentCodes.tags });
  if (!row) throw new EnrolmentCodeError();
  return row;
}

/** A moment of the database's clock, which all processes share. */
export const after = (ms: number) => sql<Date>`now() + ${`${Math.round(ms)} milliseconds`}::interval`;

import { randomUUID } from 'node:crypto';
import type { AgentHello, DeviceCondition, EnrolDevice, EnrolledDevice } from '#contracts';
import { and, asc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Database, Queries } from '../database.js';
import { DeviceNameTakenError, EnrolmentCodeError, isUniqueViolation, NotFoundError } from '../errors.js';
import { devices, enrolmentCodes } from './device-schema.js';
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
    const { name = null, tags } = wishes;
    const row = { hash: secretHash(code), name, tags, expiresAt: after(validMs) };
    const { expiresAt } = enrolmentCodes;
    const [made] = await orm.insert(enrolmentCodes).values(row).returning({ expiresAt });
    return { code, expiresAt: made?.expiresAt ?? new Date() };
  }

  /**
   * Trades a code for a device with a key. The code is used up then, and only then. Throws EnrolmentCodeError for one
   * that is unknown, used or too old, and DeviceNameTakenError.
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
    const isIts = eq(devices.keyHash, secretHash(key));
    const [row] = await this.database.orm.select().from(devices).where(isIts);
    return row ?? null;
  }

  /** Notes what an agent says of itself when it starts. */
  async hello(id: string, { protocol, version, instance, fingerprint, condition }: AgentHello): Promise<void> {
    const known = storable({ protocol, version, instance, fingerprint, condition });
    const said = { ...known, lastSeenAt: sql`now()` };
    await this.database.orm.update(devices).set(said).where(eq(devices.id, id));
  }

  async seen(id: string, condition: DeviceCondition): Promise<void> {
    const said = { condition, lastSeenAt: sql`now()` };
    await this.database.orm.update(devices).set(said).where(eq(devices.id, id));
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
    await this.wake(changed.name);
  }

  /** Its key opens nothing from now on. Throws NotFoundError. */
  async remove(id: string): Promise<DeviceRow> {
    const [row] = await this.database.orm.delete(devices).where(eq(devices.id, id)).returning();
    if (!row) throw new NotFoundError('device', id);
    await this.wake(row.name);
    return row;
  }

  /** Whoever waits for work under this name looks again. */
  private async wake(name: string): Promise<void> {
    await this.database.orm.execute(sql`select pg_notify('coldpress_devices', ${`name:${name}`}::text)`);
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
  const quarantine = sql`case when ${isOut} then ${words}::text else ${devices.quarantine} end`;
  await queries.update(devices).set({ failures, quarantine }).where(eq(devices.id, id));
}

async function takeCode(queries: Queries, code: string): Promise<{ name: string | null; tags: string[] }> {
  const { hash, expiresAt, name, tags } = enrolmentCodes;
  const isValid = and(eq(hash, secretHash(code)), gt(expiresAt, sql`now()`));
  const [row] = await queries.delete(enrolmentCodes).where(isValid).returning({ name, tags });
  if (!row) throw new EnrolmentCodeError();
  return row;
}

/** A moment of the database's clock, which all processes share. */
export const after = (ms: number) => sql<Date>`now() + ${`${Math.round(ms)} milliseconds`}::interval`;

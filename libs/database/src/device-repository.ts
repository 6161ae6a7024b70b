import { randomUUID } from 'node:crypto';
import { asc } from 'drizzle-orm';
import type { Database } from './database.js';
import { devices, type DeviceFacts } from './schema.js';

export interface Device {
  id: string;
  name: string;
  facts: DeviceFacts;
}

/** Machines that measure models; a worker's own machine enrols itself at start. */
export class DeviceRepository {
  constructor(private readonly database: Database) {}

  /** Adds the device or renews what is known of it. */
  async enrol(name: string, facts: DeviceFacts): Promise<Device> {
    const lastSeenAt = new Date();
    const rows = await this.database.orm
      .insert(devices)
      .values({ id: randomUUID(), name, facts, lastSeenAt })
      .onConflictDoUpdate({ target: devices.name, set: { facts, lastSeenAt } })
      .returning({ id: devices.id });
    return { id: rows[0]?.id ?? '', name, facts };
  }

  async list(): Promise<Device[]> {
    return this.database.orm
      .select({ id: devices.id, name: devices.name, facts: devices.facts })
      .from(devices)
      .orderBy(asc(devices.name));
  }
}

import { sql, type SQL } from 'drizzle-orm';
import { benchmarks } from './device-schema.js';
import type { DeviceRow } from './device-repository.js';

/** Benchmarks whose limits the device keeps now, as overLimits in libs/pipeline: what it does not tell keeps nothing back. */
export function isWithinLimits({ condition, fingerprint }: DeviceRow): SQL[] {
  const { temperatureC = null, load = null, onBattery = null } = condition ?? {};
  const { governor = null, batteryPercent = null, allowedMhz = null } = condition ?? {};
  return [
    ...told(temperatureC, (value) => isAtMost('maxTemperatureC', value)),
    ...told(load, (value) => isAtMost('maxLoad', value / fingerprint.cores)),
    ...told(governor, (value) => orNone(sql`${settingOf('governor')} = ${value}::text`)),
    ...told(allowedMhz, (value) => isAtLeast('minFrequencyMhz', value)),
    ...told(onBattery || null, () => orNone(sql`${settingOf('mains')} <> 'true'`)),
    ...told(batteryPercent, (value) => isAtLeast('minBatteryPercent', value)),
  ];
}

const told = <T>(value: T | null, condition: (value: T) => SQL): SQL[] => (value === null ? [] : [condition(value)]);

const settingOf = (name: string): SQL => sql`(${benchmarks.work} -> 'settings' ->> ${name}::text)`;

/** Where the setting is not given, the condition is null. */
const orNone = (condition: SQL): SQL => sql`coalesce(${condition}, true)`;

/** The least that is asked for is no more than what there is. */
const isAtLeast = (name: string, value: number): SQL => orNone(sql`${settingOf(name)}::float8 <= ${value}::float8`);

const isAtMost = (name: string, value: number): SQL => orNone(sql`${settingOf(name)}::float8 >= ${value}::float8`);

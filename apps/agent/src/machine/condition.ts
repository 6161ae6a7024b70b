import { readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { DeviceCondition } from '#contracts';
import { readNumber, readText } from './read.js';

const THERMAL = '/sys/class/thermal';
const CPU = '/sys/devices/system/cpu';
const POWER = '/sys/class/power_supply';
const KHZ_PER_MHZ = 1000;
const MILLIDEGREES = 1000;

/** How the machine is now; null is what the system does not tell. */
export function readCondition(): DeviceCondition {
  return {
    temperatureC: highest(entries(THERMAL, 'thermal_zone'), (zone) => readNumber(join(zone, 'temp')), MILLIDEGREES),
    frequencyMhz: highest(processors(), (cpu) => readNumber(join(cpu, 'cpufreq/scaling_cur_freq')), KHZ_PER_MHZ),
    // Windows has no such figure, and Node.js says zero there.
    load: process.platform === 'win32' ? null : (loadavg()[0] ?? null),
    onBattery: onBattery(),
  };
}

/** Who decides the frequency, and the highest that there is; null where the system does not tell. */
export function readGovernor(): { governor: string | null; maxFrequencyMhz: number | null } {
  return {
    governor: readText(join(CPU, 'cpu0/cpufreq/scaling_governor')) || null,
    maxFrequencyMhz: highest(processors(), (cpu) => readNumber(join(cpu, 'cpufreq/cpuinfo_max_freq')), KHZ_PER_MHZ),
  };
}

/** Whether no supply that is plugged in is on; null for a machine that tells of none. */
function onBattery(): boolean | null {
  const online = entries(POWER, '').flatMap((supply) => readNumber(join(supply, 'online')) ?? []);
  return online.length === 0 ? null : online.every((value) => value === 0);
}

const processors = () => entries(CPU, 'cpu').filter((path) => /cpu\d+$/.test(path));

function highest(paths: readonly string[], read: (path: string) => number | null, unit: number): number | null {
  const values = paths.flatMap((path) => read(path) ?? []);
  return values.length === 0 ? null : Math.max(...values) / unit;
}

function entries(folder: string, prefix: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith(prefix))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

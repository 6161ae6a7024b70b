import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { DeviceCondition } from '#contracts';
import { entriesOf, readNumber, readText } from './read.js';

const SYSTEM = '/sys';
const KHZ_PER_MHZ = 1000;
const MILLIDEGREES = 1000;

/** How the machine is now; null is what the system does not tell. `root` is the system's folder, another one in tests. */
export function readCondition(root = SYSTEM): DeviceCondition {
  const zones = entriesOf(join(root, 'class/thermal'), 'thermal_zone');
  return {
    temperatureC: highest(zones, (zone) => readNumber(join(zone, 'temp')), MILLIDEGREES),
    frequencyMhz: highest(processors(root), (cpu) => readNumber(join(cpu, 'cpufreq/scaling_cur_freq')), KHZ_PER_MHZ),
    // Windows has no such figure, and Node.js says zero there.
    load: process.platform === 'win32' ? null : (loadavg()[0] ?? null),
    onBattery: onBattery(root),
    throttled: throttled(root),
    allowedMhz: highest(processors(root), (cpu) => readNumber(join(cpu, 'cpufreq/scaling_max_freq')), KHZ_PER_MHZ),
    governor: governorOf(root),
    batteryPercent: batteryPercent(root),
  };
}

/** Who decides the frequency, and the highest that there is; null where the system does not tell. */
export function readGovernor(root = SYSTEM): { governor: string | null; maxFrequencyMhz: number | null } {
  const frequencyOf = (cpu: string) => readNumber(join(cpu, 'cpufreq/cpuinfo_max_freq'));
  return { governor: governorOf(root), maxFrequencyMhz: highest(processors(root), frequencyOf, KHZ_PER_MHZ) };
}

/** That of all processors; where they differ, each name once: no limit that names one of them is met then. */
function governorOf(root: string): string | null {
  const names = processors(root).map((cpu) => readText(join(cpu, 'cpufreq/scaling_governor')));
  const told = [...new Set(names.filter((name) => name !== ''))].toSorted();
  return told.length === 0 ? null : told.join(' and ').slice(0, 60);
}

/** Times that heat has lowered the frequency of any processor or of the package, as Linux on x86 counts them. */
function throttled(root: string): number | null {
  const folders = processors(root).map((cpu) => join(cpu, 'thermal_throttle'));
  const cores = folders.flatMap((folder) => readNumber(join(folder, 'core_throttle_count')) ?? []);
  const packages = highest(folders, (folder) => readNumber(join(folder, 'package_throttle_count')), 1);
  return cores.length === 0 ? null : cores.reduce((sum, count) => sum + count, packages ?? 0);
}

/** Whether no supply that is plugged in is on; null for a machine that tells of none. */
function onBattery(root: string): boolean | null {
  const online = supplies(root).flatMap((supply) => readNumber(join(supply, 'online')) ?? []);
  return online.length === 0 ? null : online.every((value) => value === 0);
}

/** What the batteries of the machine hold, the mean of several; those of mice and keyboards do not count. */
function batteryPercent(root: string): number | null {
  const own = supplies(root).filter((supply) => readText(join(supply, 'scope')) !== 'Device');
  const held = own.flatMap((supply) => readNumber(join(supply, 'capacity')) ?? []);
  return held.length === 0 ? null : held.reduce((sum, value) => sum + value, 0) / held.length;
}

const supplies = (root: string) => entriesOf(join(root, 'class/power_supply'), '');
const processors = (root: string) =>
  entriesOf(join(root, 'devices/system/cpu'), 'cpu').filter((path) => /cpu\d+$/.test(path));

function highest(paths: readonly string[], read: (path: string) => number | null, unit: number): number | null {
  const values = paths.flatMap((path) => read(path) ?? []);
  return values.length === 0 ? null : Math.max(...values) / unit;
}

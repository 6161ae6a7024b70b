import type { BenchmarkSettings, DeviceCondition } from '#contracts';

export type EntryLimits = Pick<
  BenchmarkSettings,
  'maxTemperatureC' | 'maxLoad' | 'governor' | 'minFrequencyMhz' | 'mains' | 'minBatteryPercent'
>;

/** How a device is, as limits are held against it: null is what cannot be read there. */
interface Reading {
  temperatureC: number | null;
  /** In processes for each processor. */
  loadEach: number | null;
  governor: string | null;
  allowedMhz: number | null;
  onBattery: boolean | null;
  batteryPercent: number | null;
}

interface Limit {
  /** What is wanted; undefined where nothing is. */
  wanted(limits: EntryLimits): unknown;
  /** Null where it cannot be read. */
  read(reading: Reading): unknown;
  /** Why it is not begun; null where it may be. Asked only where the limit is set and can be read. */
  over(limits: EntryLimits, reading: Reading): string | null;
  /** That it was not held, because nothing tells. */
  unheld(limits: EntryLimits): string;
}

/** A row for each limit; libs/database asks the same of its rows in within-limits.ts. */
const LIMITS: readonly Limit[] = [
  {
    wanted: ({ maxTemperatureC }) => maxTemperatureC,
    read: ({ temperatureC }) => temperatureC,
    over: ({ maxTemperatureC }, { temperatureC }) =>
      isOver(temperatureC, maxTemperatureC) ? `${round(temperatureC)} degrees, limit ${maxTemperatureC}` : null,
    unheld: ({ maxTemperatureC }) => `the limit of ${maxTemperatureC} degrees was not held: the temperature`,
  },
  {
    wanted: ({ maxLoad }) => maxLoad,
    read: ({ loadEach }) => loadEach,
    over: ({ maxLoad }, { loadEach }) =>
      isOver(loadEach, maxLoad) ? `load ${round(loadEach)} a processor, limit ${maxLoad}` : null,
    unheld: ({ maxLoad }) => `the limit of load ${maxLoad} was not held: the load`,
  },
  {
    wanted: ({ governor }) => governor,
    read: ({ governor }) => governor,
    over: (limits, { governor }) =>
      governor === limits.governor ? null : `governor ${governor}, wanted ${limits.governor}`,
    unheld: ({ governor }) => `governor ${governor} was not held: the governor`,
  },
  {
    wanted: ({ minFrequencyMhz }) => minFrequencyMhz,
    read: ({ allowedMhz }) => allowedMhz,
    over: ({ minFrequencyMhz }, { allowedMhz }) =>
      isOver(minFrequencyMhz ?? null, allowedMhz ?? undefined)
        ? `${round(allowedMhz ?? 0)} MHz allowed, limit ${minFrequencyMhz}`
        : null,
    unheld: ({ minFrequencyMhz }) =>
      `the limit of ${minFrequencyMhz} MHz was not held: the frequency that the system allows`,
  },
  {
    wanted: ({ mains }) => (mains === true ? true : undefined),
    read: ({ onBattery }) => onBattery,
    over: (_limits, { onBattery }) => (onBattery === true ? 'on battery, wanted on mains' : null),
    unheld: () => 'mains was not held: where its power comes from',
  },
  {
    wanted: ({ minBatteryPercent }) => minBatteryPercent,
    read: ({ batteryPercent }) => batteryPercent,
    over: ({ minBatteryPercent }, { batteryPercent }) =>
      isOver(minBatteryPercent ?? null, batteryPercent ?? undefined)
        ? `battery ${round(batteryPercent ?? 0)} %, limit ${minBatteryPercent}`
        : null,
    unheld: ({ minBatteryPercent }) => `the limit of battery ${minBatteryPercent} % was not held: the battery`,
  },
];

/** Why a benchmark is not begun on a device that is so; null where it may be. What cannot be read there keeps nothing back. */
export function overLimits(limits: EntryLimits, condition: DeviceCondition | null, cores: number): string | null {
  const reading = readingOf(condition, cores);
  const words = LIMITS.flatMap((limit) => {
    if (limit.wanted(limits) === undefined || limit.read(reading) === null) return [];
    return limit.over(limits, reading) ?? [];
  });
  return words.length === 0 ? null : words.join(', ');
}

/** Limits that are not held, because the device does not tell by what. */
export function unheldLimits(limits: EntryLimits, condition: DeviceCondition): string[] {
  const reading = readingOf(condition, 1);
  const isUnheld = (limit: Limit) => limit.wanted(limits) !== undefined && limit.read(reading) === null;
  return LIMITS.filter(isUnheld).map((limit) => `${limit.unheld(limits)} cannot be read there`);
}

/** Why nothing may be said of how models compare, whatever their times are; null where something may. */
export function conditionDoubt(
  limits: EntryLimits,
  { before, after, cores }: { before: DeviceCondition; after: DeviceCondition; cores: number },
): string | null {
  const over = overLimits(limits, before, cores);
  if (over !== null) return `it was begun over its limits: ${over}`;
  return throttledWords(before, after);
}

/** Heat as the system counts it, or as it lowers what processors are allowed; null where neither tells. */
function throttledWords(before: DeviceCondition, after: DeviceCondition): string | null {
  const times = typeof before.throttled === 'number' ? (after.throttled ?? 0) - before.throttled : 0;
  if (times > 0) return `throttled: heat lowered the frequency ${times === 1 ? 'once' : `${times} times`} meanwhile`;
  const [was, is] = [before.allowedMhz ?? null, after.allowedMhz ?? null];
  if (was === null || is === null || was === is) return null;
  return `throttled: the system allowed ${round(was)} MHz before and ${round(is)} MHz after`;
}

function readingOf(condition: DeviceCondition | null, cores: number): Reading {
  const { temperatureC = null, load = null, onBattery = null } = condition ?? {};
  const { governor = null, batteryPercent = null, allowedMhz = null } = condition ?? {};
  const loadEach = load === null ? null : load / cores;
  return { temperatureC, loadEach, governor, allowedMhz, onBattery, batteryPercent };
}

const isOver = (value: number | null, limit: number | undefined): value is number =>
  value !== null && limit !== undefined && value > limit;

const round = (value: number): string => String(Number(value.toFixed(1)));

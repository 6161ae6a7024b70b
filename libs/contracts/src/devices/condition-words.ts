import type { DeviceCondition } from './fingerprint.js';

const amount = (value: number): string => String(Number(value.toFixed(1)));

type Say = (condition: DeviceCondition) => string | null;

/** What is told of a condition, each where it can be read. */
const FACTS: readonly Say[] = [
  ({ temperatureC }) => (temperatureC === null ? null : `${amount(temperatureC)} degrees`),
  ({ frequencyMhz }) => (frequencyMhz === null ? null : `${Math.round(frequencyMhz)} MHz`),
  ({ allowedMhz }) =>
    allowedMhz === null || allowedMhz === undefined ? null : `${Math.round(allowedMhz)} MHz allowed`,
  ({ governor }) => (governor === null || governor === undefined ? null : `governor ${governor}`),
  ({ load }) => (load === null ? null : `load ${amount(load)}`),
  ({ onBattery }) => (onBattery === null ? null : onBattery ? 'on battery' : 'on mains'),
  ({ batteryPercent }) =>
    batteryPercent === null || batteryPercent === undefined ? null : `battery ${amount(batteryPercent)} %`,
];

/** How a device is, in words: "48 degrees, 2400 MHz, load 0.1"; "nothing can be read" where it tells nothing. */
export function conditionWords(condition: DeviceCondition): string {
  const told = FACTS.flatMap((say) => say(condition) ?? []);
  return told.length === 0 ? 'nothing can be read' : told.join(', ');
}

/** How a device was before a measurement and after it, with what its battery lost meanwhile. */
export function conditionChange({ before, after }: { before: DeviceCondition; after: DeviceCondition }): string {
  const words = [conditionWords(before), conditionWords(after)];
  if (words[0] === words[1]) return `before and after: ${words[0]}`;
  const drop = (before.batteryPercent ?? 0) - (after.batteryPercent ?? before.batteryPercent ?? 0);
  const lost = drop > 0 ? `; the battery lost ${amount(drop)} points` : '';
  return `before: ${words[0]}; after: ${words[1]}${lost}`;
}

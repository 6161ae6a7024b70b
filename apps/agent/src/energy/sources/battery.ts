import { basename, join } from 'node:path';
import { entriesOf, readNumber, readText } from '../../machine/read.js';
import { allOf, type FindSource } from '../source.js';

const MICRO = 1e-6;

/**
 * Power that batteries give while they feed the machine, screen and all:
 * https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-class-power. One that is charged tells nothing of it.
 */
export const battery: FindSource = (root) => {
  const all = entriesOf(join(root, 'class/power_supply'), '').filter((path) => isBattery(path));
  const giving = all.filter((path) => readText(join(path, 'status')) === 'Discharging');
  if (giving.length === 0 || giving.some((path) => wattsOf(path) === null)) return null;
  const read = () => allOf(giving.map((path) => wattsOf(path)));
  const name = `battery ${giving.map((path) => basename(path)).join(' and ')}, the whole machine`;
  return { source: { name, unit: 'watts', read, wrapsAt: [] } };
};

const isBattery = (path: string): boolean =>
  readText(join(path, 'type')) === 'Battery' && readText(join(path, 'scope')) !== 'Device';

function wattsOf(path: string): number | null {
  const value = (name: string) => readNumber(join(path, name));
  const power = value('power_now');
  // Some drivers tell what leaves by a minus.
  if (power !== null) return Math.abs(power) * MICRO;
  const [volts, amperes] = [value('voltage_now'), value('current_now')];
  return volts === null || amperes === null ? null : Math.abs(volts * MICRO * amperes * MICRO);
}

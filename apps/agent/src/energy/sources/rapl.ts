import { basename, join } from 'node:path';
import { entriesOf, readNumber, readText } from '../../machine/read.js';
import { allOf, type FindSource } from '../source.js';

const MICRO = 1e-6;
const REFUSED =
  'RAPL counts energy here, and the agent may not read it: run it as root, or allow it by `chmod o+r` of energy_uj below /sys/class/powercap';

/**
 * Energy counters of x86 processors, by package, as Linux tells them: https://docs.kernel.org/power/powercap/powercap.html. Zones
 * within a package are counted in it; psys, where there is one, counts packages too and is left out.
 */
export const rapl: FindSource = (root) => {
  const zones = entriesOf(join(root, 'class/powercap'), 'intel-rapl:').filter((zone) => isPackage(zone));
  if (zones.length === 0) return null;
  const read = () => allOf(zones.map((zone) => scaled(readNumber(join(zone, 'energy_uj')))));
  if (!read()) return { refused: REFUSED };
  const wrapsAt = zones.map((zone) => scaled(readNumber(join(zone, 'max_energy_range_uj'))) ?? Infinity);
  const name = `RAPL ${zones.map((zone) => readText(join(zone, 'name'))).join(' and ')}`;
  return { source: { name, unit: 'joules', read, wrapsAt } };
};

/** intel-rapl:0, not intel-rapl:0:1, which is a part of it. */
const isPackage = (zone: string): boolean =>
  basename(zone).split(':').length === 2 && readText(join(zone, 'name')).startsWith('package');

const scaled = (microjoules: number | null): number | null => (microjoules === null ? null : microjoules * MICRO);

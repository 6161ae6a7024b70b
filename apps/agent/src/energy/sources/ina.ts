import { join } from 'node:path';
import { entriesOf, readNumber, readText } from '../../machine/read.js';
import { allOf, type FindSource } from '../source.js';

/** Sensors of TI's INA family: ina3221 on Jetson boards, ina219, ina226, ina230 and others elsewhere. */
const DRIVER = /^ina\d/;
const CHANNELS = [1, 2, 3];
/** Rails that feed the whole board: the others are parts of them. */
const WHOLE = /^(VDD_IN|POM_5V_IN|VIN_SYS_5V0|5V_IN)$/;
const MILLIVOLT_MILLIAMPERE = 1e-6;
const MICROWATT = 1e-6;

interface Rail {
  label: string;
  watts(): number | null;
}

/** Power by rail of current sensors that Linux tells of: https://docs.kernel.org/hwmon/sysfs-interface.html. */
export const ina: FindSource = (root) => {
  const sensors = entriesOf(join(root, 'class/hwmon'), 'hwmon').filter((path) =>
    DRIVER.test(readText(join(path, 'name'))),
  );
  const rails = sensors.flatMap((sensor) => CHANNELS.flatMap((channel) => railOf(sensor, channel) ?? []));
  if (rails.length === 0) return null;
  const whole = rails.filter(({ label }) => WHOLE.test(label));
  const counted = whole.length > 0 ? whole : rails;
  const read = () => allOf(counted.map(({ watts }) => watts()));
  const name = `INA ${counted.map(({ label }) => label).join(' and ')}`.slice(0, 200);
  return { source: { name, unit: 'watts', read, wrapsAt: [] } };
};

/** A channel that tells power, or current beside voltage, which have the same number. */
function railOf(sensor: string, channel: number): Rail | null {
  const value = (kind: string) => readNumber(join(sensor, `${kind}${channel}_input`));
  const watts = () => {
    const power = value('power');
    if (power !== null) return power * MICROWATT;
    const [millivolts, milliamperes] = [value('in'), value('curr')];
    return millivolts === null || milliamperes === null ? null : millivolts * milliamperes * MILLIVOLT_MILLIAMPERE;
  };
  if (watts() === null) return null;
  const label = readText(join(sensor, `in${channel}_label`)) || readText(join(sensor, `power${channel}_label`));
  return { label: label || `${readText(join(sensor, 'name'))} channel ${channel}`, watts };
}

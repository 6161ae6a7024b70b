import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readCondition, readGovernor } from '../machine/condition.js';
import { EnergyMeter } from './energy-meter.js';
import { findEnergySource } from './find-source.js';
import type { EnergySource } from './source.js';

/** A folder as the system's, made of some files. */
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'coldpress-sys-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function system(files: Readonly<Record<string, string | number>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${text}\n`);
  }
}

const RAPL = 'class/powercap/intel-rapl:';
const PACKAGE = {
  [`${RAPL}0/name`]: 'package-0',
  [`${RAPL}0/energy_uj`]: 5_000_000,
  [`${RAPL}0/max_energy_range_uj`]: 262_143_328_850,
};
const INA = 'class/hwmon/hwmon3';

describe('where energy is read', () => {
  it('is RAPL of every package, without their parts and without the platform that counts them again', async () => {
    await system({
      ...PACKAGE,
      [`${RAPL}0:0/name`]: 'core',
      [`${RAPL}0:0/energy_uj`]: 1,
      [`${RAPL}1/name`]: 'package-1',
      [`${RAPL}1/energy_uj`]: 7_000_000,
      [`${RAPL}1/max_energy_range_uj`]: 1_000_000,
      [`${RAPL}2/name`]: 'psys',
      [`${RAPL}2/energy_uj`]: 99,
    });
    const { source } = findEnergySource(root);
    expect(source).toMatchObject({ name: 'RAPL package-0 and package-1', unit: 'joules' });
    expect(source?.read()).toEqual([5, 7]);
    expect(source?.wrapsAt).toEqual([262_143.32885, 1]);
  });

  it('is nowhere where RAPL may not be read, and the way out is told', async () => {
    await system({ [`${RAPL}0/name`]: 'package-0' });
    expect(findEnergySource(root)).toEqual({
      source: null,
      refused: [expect.stringContaining('run it as root') as string],
    });
  });

  it.each<[string, Record<string, string | number>, string, number[]]>([
    [
      'the rail of the whole board of a Jetson, not its parts',
      {
        [`${INA}/name`]: 'ina3221',
        [`${INA}/in1_label`]: 'VDD_IN',
        [`${INA}/in1_input`]: 5000,
        [`${INA}/curr1_input`]: 1200,
        [`${INA}/in2_label`]: 'VDD_CPU_GPU_CV',
        [`${INA}/in2_input`]: 5000,
        [`${INA}/curr2_input`]: 400,
      },
      'INA VDD_IN',
      [6],
    ],
    [
      'the power that a sensor tells by itself',
      { [`${INA}/name`]: 'ina226', [`${INA}/power1_input`]: 2_500_000 },
      'INA ina226 channel 1',
      [2.5],
    ],
    [
      'a battery that feeds the machine',
      {
        'class/power_supply/BAT0/type': 'Battery',
        'class/power_supply/BAT0/status': 'Discharging',
        'class/power_supply/BAT0/voltage_now': 12_000_000,
        'class/power_supply/BAT0/current_now': 500_000,
      },
      'battery BAT0, the whole machine',
      [6],
    ],
  ])('is %s', async (_what, files, name, watts) => {
    await system(files);
    const { source } = findEnergySource(root);
    expect(source).toMatchObject({ name, unit: 'watts' });
    expect(source?.read()).toEqual(watts.map((each) => expect.closeTo(each, 9) as number));
  });

  it.each<[string, Record<string, string | number>]>([
    ['there is nothing', {}],
    ['a sensor is of another kind', { [`${INA}/name`]: 'nvme', [`${INA}/power1_input`]: 1 }],
    [
      'the battery is charged',
      {
        'class/power_supply/BAT0/type': 'Battery',
        'class/power_supply/BAT0/status': 'Charging',
        'class/power_supply/BAT0/power_now': 6_000_000,
      },
    ],
    [
      'only a mouse has a battery',
      {
        'class/power_supply/hid/type': 'Battery',
        'class/power_supply/hid/scope': 'Device',
        'class/power_supply/hid/status': 'Discharging',
        'class/power_supply/hid/power_now': 6_000_000,
      },
    ],
  ])('is nowhere where %s', async (_what, files) => {
    await system(files);
    expect(findEnergySource(root)).toEqual({ source: null, refused: [] });
  });

  it('is the finest of several', async () => {
    await system({
      ...PACKAGE,
      'class/power_supply/BAT0/type': 'Battery',
      'class/power_supply/BAT0/status': 'Discharging',
      'class/power_supply/BAT0/power_now': 6_000_000,
    });
    expect(findEnergySource(root).source?.name).toBe('RAPL package-0');
  });
});

describe('a meter of energy', () => {
  const readings = (unit: EnergySource['unit'], values: (number[] | null)[], wrapsAt: number[] = []): EnergySource => ({
    ...{ name: 'test', unit, wrapsAt },
    read: () => values.shift() ?? null,
  });
  const clock = () => {
    let seconds = 0;
    return { now: () => 1000 * seconds++ };
  };

  it('tells the difference of counters, and goes on past their end', () => {
    const meter = new EnergyMeter(
      readings(
        'joules',
        [
          [5, 90],
          [6, 10],
        ],
        [100, 100],
      ),
      clock(),
    );
    meter.begin();
    expect(meter.end()).toEqual({ joules: 1 + 20, seconds: 1 });
  });

  it('tells mean power times the time', () => {
    const meter = new EnergyMeter(
      readings('watts', [
        [2, 1],
        [4, 1],
      ]),
      clock(),
    );
    meter.begin();
    expect(meter.end()).toEqual({ joules: 4, seconds: 1 });
  });

  it.each(['joules', 'watts'] as const)('tells nothing where the source stops telling %s', (unit) => {
    const meter = new EnergyMeter(readings(unit, [[1], null]), clock());
    meter.begin();
    expect(meter.end().joules).toBeNull();
  });
});

describe('the condition of a machine', () => {
  it('is read off the system: heat, frequency, governor, power, battery, throttling', async () => {
    const cpu = 'devices/system/cpu/cpu0';
    await system({
      'class/thermal/thermal_zone0/temp': 48_200,
      'class/thermal/thermal_zone1/temp': 61_000,
      [`${cpu}/cpufreq/scaling_cur_freq`]: 2_400_000,
      [`${cpu}/cpufreq/cpuinfo_max_freq`]: 3_000_000,
      [`${cpu}/cpufreq/scaling_max_freq`]: 2_600_000,
      [`${cpu}/cpufreq/scaling_governor`]: 'performance',
      [`${cpu}/thermal_throttle/core_throttle_count`]: 3,
      [`${cpu}/thermal_throttle/package_throttle_count`]: 2,
      'class/power_supply/AC/online': 0,
      'class/power_supply/BAT0/capacity': 81,
      'class/power_supply/BAT0/type': 'Battery',
    });
    expect(readCondition(root)).toEqual({
      ...{ temperatureC: 61, frequencyMhz: 2400, load: expect.any(Number) as number, onBattery: true },
      ...{ throttled: 5, allowedMhz: 2600, governor: 'performance', batteryPercent: 81 },
    });
    expect(readGovernor(root)).toEqual({ governor: 'performance', maxFrequencyMhz: 3000 });
  });

  it('is unknown where the system tells nothing', () => {
    const nothing = { temperatureC: null, frequencyMhz: null, onBattery: null, throttled: null };
    expect(readCondition(root)).toMatchObject({ ...nothing, allowedMhz: null, governor: null, batteryPercent: null });
  });
});

import { PROTOCOL, UNREAD_CONDITION, type BenchmarkResult, type DeviceFingerprint, type DeviceState } from '#contracts';
import { stageKey } from '../stage-key.js';
import { planStages } from '../plan.js';
import { benchmarkKey } from './benchmark-key.js';
import { benchmarkStatus, type BenchmarkFacts } from './benchmark-status.js';
import { deviceSection } from './device-report.js';
import { conditionDoubt, overLimits, unheldLimits, type EntryLimits } from './entry-limits.js';
import { deviceState, type DeviceFacts } from './device-state.js';
import { selectDevices } from './select-devices.js';
import { unknownDevices } from './unknown-devices.js';

const NOW = new Date('2026-11-30T12:00:00Z');
const DEVICE: DeviceFacts = {
  name: 'pi',
  tags: ['arm64'],
  protocol: PROTOCOL,
  version: '1',
  draining: false,
  quarantine: null,
  lastSeenAt: NOW,
};

describe('deviceState', () => {
  const state = (change: Partial<DeviceFacts>, work = null as { job: string; progress: number } | null) =>
    deviceState({ ...DEVICE, ...change }, work, { now: NOW, lostAfterMs: 30_000 });

  it.each<[DeviceState, Partial<DeviceFacts>, RegExp]>([
    ['online', {}, /waits for work/],
    ['offline', { lastSeenAt: new Date(NOW.getTime() - 31_000) }, /offline since 2026-11-30T11:59:29/],
    ['draining', { draining: true }, /takes no more until it is resumed/],
    ['quarantined', { quarantine: 'it broke' }, /it broke.*coldpress devices resume pi/],
    ['outdated', { protocol: PROTOCOL + 1 }, /speaks protocol/],
  ])('is %s, with its reason', (expected, change, reason) => {
    expect(state(change)).toMatchObject({ state: expected, reason: expect.stringMatching(reason) as string });
  });

  it('is busy with what it measures, and drains that first', () => {
    const work = { job: 'job small', progress: 0.42 };
    expect(state({}, work)).toEqual({ state: 'busy', reason: 'measures job small (42 %)' });
    expect(state({ draining: true }, work)).toMatchObject({ state: 'draining', reason: /measures/ });
  });
});

describe('benchmarkStatus', () => {
  const BENCHMARK: BenchmarkFacts = {
    asked: 'pi',
    wantedName: 'pi',
    wantedTag: null,
    state: 'waiting',
    deviceName: null,
    progress: 0,
    message: '',
    cached: false,
    error: null,
    ahead: 0,
    takenBy: [],
    limits: {},
  };
  const pi = (state: DeviceState) => ({
    ...{ name: 'pi', tags: ['arm64'], state, reason: `is ${state}`, cores: 4 },
    condition: { temperatureC: 81, frequencyMhz: null, load: 3, onBattery: null },
  });
  const status = (change: Partial<BenchmarkFacts>, devices: ReturnType<typeof pi>[] = [], mean: number | null = null) =>
    benchmarkStatus({ ...BENCHMARK, ...change }, devices, mean);

  it.each([
    ['no_eligible_device', {}, [], /no device is called pi/],
    ['no_eligible_device', { wantedName: null, wantedTag: 'x' }, [pi('online')], /no device has the tag x/],
    ['all_offline', {}, [pi('offline')], /is offline/],
    ['no_usable_device', {}, [pi('quarantined')], /is quarantined/],
    ['queued', {}, [pi('online')], /is next/],
    ['no_eligible_device', { wantedName: null, wantedTag: 'arm64', takenBy: ['pi'] }, [pi('online')], /enrol one more/],
    ['queued', { wantedName: null, wantedTag: 'arm64' }, [pi('offline'), { ...pi('busy'), name: 'b' }], /b is busy/],
    [
      'running',
      { state: 'running', deviceName: 'pi', progress: 0.5, message: 'times' },
      [],
      /pi measures \(50 %, times\)/,
    ],
    ['ended', { state: 'failed', error: { message: 'it broke' } }, [], /^it broke$/],
  ] as const)('is %s for %j', (expected, change, devices, reason) => {
    expect(status(change as Partial<BenchmarkFacts>, [...devices])).toMatchObject({
      status: expected,
      reason: expect.stringMatching(reason) as string,
    });
  });

  it('guesses how long those before it take', () => {
    expect(status({ ahead: 3 }, [pi('busy')], 80).reason).toContain('queued behind 3 (about 4 min)');
  });
});

describe('selectDevices', () => {
  const devices = [
    { name: 'a', tags: ['x'] },
    { name: 'b', tags: ['x', 'y'] },
  ];
  const names = (...selectors: Parameters<typeof selectDevices>[0]) =>
    selectDevices(selectors, devices).map(({ wantedName, wantedTag }) => wantedName ?? `any ${wantedTag}`);

  it('takes names as they are, each of a tag by name, and any so often as asked', () => {
    expect(names('c', { tag: 'x', each: true }, { tag: 'y', any: 2 })).toEqual(['c', 'a', 'b', 'any y', 'any y']);
  });

  it('asks a device once, and for a tag that none has waits for the first', () => {
    expect(names('b', { tag: 'x', each: true })).toEqual(['b', 'a']);
    expect(names({ tag: 'z', each: true })).toEqual(['any z']);
  });
});

describe('keys', () => {
  const fingerprint: DeviceFingerprint = {
    kind: 'agent',
    cpu: 'x',
    isa: [],
    cores: 1,
    memoryMb: 1,
    governor: null,
    maxFrequencyMhz: null,
    os: 'linux 6',
    arch: 'x64',
    runtime: 'r',
    providers: ['cpu'],
  };
  const settings = { quick: true } as never;
  const work = { models: [{ digest: 'd' }], inputs: [], settings };

  it('of results follow from models, settings and fingerprint', () => {
    const key = benchmarkKey(work, fingerprint);
    expect(benchmarkKey({ ...work }, { ...fingerprint })).toBe(key);
    expect(benchmarkKey({ ...work, models: [{ digest: 'e' }] }, fingerprint)).not.toBe(key);
    expect(benchmarkKey(work, { ...fingerprint, isa: ['avx2'] })).not.toBe(key);
  });

  it('of stages do not know which devices are asked besides', () => {
    const key = (options: object) =>
      stageKey({
        stage: planStages({ passes: [{ pass: 'evaluate', options: { ...options } }] })[0]!,
        ...{ input: 'i', baseline: 'b', history: [], dataset: null, seed: 0, runtime: 'r' },
      });
    expect(key({ devices: ['pi'], benchmark: { quick: true } })).toBe(key({}));
    expect(key({ samples: 5 })).not.toBe(key({}));
    // The stage keeps the samples that devices feed.
    expect(key({ devices: ['pi'], deviceInputs: 'data' })).not.toBe(key({ devices: ['pi'] }));
  });
});

describe('limits', () => {
  const cold = { temperatureC: 40, frequencyMhz: null, load: 0.4, onBattery: null, throttled: 2 };

  it('keep a benchmark from a device that is over them, as far as it tells', () => {
    expect(overLimits({ maxTemperatureC: 75, maxLoad: 0.5 }, { ...cold, temperatureC: 81, load: 3 }, 4)).toBe(
      '81 degrees, limit 75, load 0.8 a processor, limit 0.5',
    );
    expect(overLimits({ maxTemperatureC: 75, maxLoad: 0.5 }, cold, 4)).toBeNull();
    expect(overLimits({ maxTemperatureC: 75, maxLoad: 0.5 }, UNREAD_CONDITION, 4)).toBeNull();
    expect(unheldLimits({ maxTemperatureC: 75, maxLoad: 0.5 }, UNREAD_CONDITION)).toEqual([
      expect.stringContaining('the temperature cannot be read there') as string,
      expect.stringContaining('the load cannot be read there') as string,
    ]);
    expect(unheldLimits({ maxTemperatureC: 75 }, cold)).toEqual([]);
  });

  it.each<[string, EntryLimits, object, string]>([
    ['the governor', { governor: 'performance' }, { governor: 'powersave' }, 'governor powersave, wanted performance'],
    ['the frequency', { minFrequencyMhz: 2000 }, { allowedMhz: 1500 }, '1500 MHz allowed, limit 2000'],
    ['the power', { mains: true }, { onBattery: true }, 'on battery, wanted on mains'],
    ['the battery', { minBatteryPercent: 30 }, { batteryPercent: 21.4 }, 'battery 21.4 %, limit 30'],
  ])('are those of %s as well: over, kept, and not held where it cannot be read', (_what, limits, over, words) => {
    expect(overLimits(limits, { ...cold, ...over }, 4)).toBe(words);
    expect(unheldLimits(limits, { ...cold, ...over })).toEqual([]);
    const kept = { governor: 'performance', allowedMhz: 2000, onBattery: false, batteryPercent: 30 };
    expect(overLimits(limits, { ...cold, ...kept }, 4)).toBeNull();
    expect(overLimits(limits, UNREAD_CONDITION, 4)).toBeNull();
    expect(unheldLimits(limits, UNREAD_CONDITION)).toEqual([expect.stringContaining('cannot be read there') as string]);
  });

  it('that ask for nothing keep nothing back', () => {
    expect(overLimits({ mains: false }, { ...cold, onBattery: true }, 4)).toBeNull();
    expect(unheldLimits({ mains: false }, UNREAD_CONDITION)).toEqual([]);
  });

  it('leave a result inconclusive that was begun over them, and heat one that was throttled', () => {
    const of = (before: object, after: object = {}) => ({
      ...{ before: { ...cold, ...before }, after: { ...cold, ...after } },
      cores: 4,
    });
    expect(conditionDoubt({ maxTemperatureC: 30 }, of({}))).toMatch(/begun over its limits: 40 degrees, limit 30/);
    expect(conditionDoubt({}, of({}, { throttled: 3 }))).toMatch(/heat lowered the frequency once/);
    expect(conditionDoubt({}, of({}))).toBeNull();
    expect(conditionDoubt({}, of({ allowedMhz: 2400 }, { allowedMhz: 1800 }))).toMatch(
      /2400 MHz before and 1800 MHz after/,
    );
    expect(conditionDoubt({}, of({ allowedMhz: 2400 }, { allowedMhz: 2400 }))).toBeNull();
    expect(conditionDoubt({}, of({ throttled: null }, { throttled: 3 }))).toBeNull();
  });
});

const IDLE = { temperatureC: null, frequencyMhz: null, load: 0, onBattery: null };
const AFTERWARDS = { before: IDLE, after: IDLE };

describe('deviceSection', () => {
  const timing = {
    coldLoadMs: 10,
    warmLoadMs: 5,
    firstRunMs: 4,
    p50: 2,
    p90: 2,
    p95: 2.5,
    p99: 3,
    low: 1.9,
    high: 2.1,
  };
  const model = { digest: 'd', label: 'baseline', ...timing, perSecond: 500, peakRssBytes: 12e6, providers: null };
  const result = {
    models: [{ ...model, latencyRatio: null }],
    quick: true,
    notes: ['the inputs are made up'],
    ...AFTERWARDS,
  } as never;

  it('has a row for each model, how it was measured, and who did not answer and why', () => {
    const text = deviceSection([
      {
        stage: 1,
        asked: 'pi',
        device: 'pi',
        state: 'succeeded',
        cached: true,
        error: null,
        result: result as BenchmarkResult,
      },
      {
        stage: 1,
        asked: 'b',
        device: null,
        state: 'failed',
        cached: false,
        error: { code: 'x', message: 'offline' },
        result: null,
      },
    ]);
    expect(text).toContain('| pi | baseline | 2 | 1.9..2.1 | 2.5 | 3 | 10 | 12.0 | - |');
    expect(text).toContain('- pi: a quick measurement; known from before; the inputs are made up');
    expect(text).toContain('- b: not measured, offline');
    expect(deviceSection([])).toBe('');
  });

  it('tells what heat leaves of the speed, and where models change places', () => {
    const sustained = { windowSeconds: 60, firstMs: 2, lastMs: 3, ratio: 1.5 };
    const models = [{ ...model, latencyRatio: null, sustained }];
    const long = {
      quick: false,
      blocks: 9,
      seconds: 600,
      notes: [],
      models,
      warnings: ['they change places'],
      ...AFTERWARDS,
    };
    const report = {
      stage: 1,
      asked: 'pi',
      device: 'pi',
      state: 'succeeded',
      cached: false,
      error: null,
      result: long,
    };
    const text = deviceSection([report as never]);
    expect(text).toContain('- pi: baseline takes 2 ms in the first minute, 3 ms in the last, 1.50 times');
    expect(text).toContain('- pi: warning: they change places');
  });

  it('holds what a device says as text, not as markup', () => {
    const error = { message: '<b>no</b>\n# room' };
    const report = { stage: 1, asked: 'b', device: 'b', state: 'failed', cached: false, error, result: null };
    expect(deviceSection([report as never])).toContain('\\<b\\>no\\</b\\> # room');
  });
});

describe('devices that nobody has enrolled', () => {
  const known = [{ name: 'pi-kitchen', tags: ['arm64'] }];
  const asked = (...devices: unknown[]) => [{ field: 'sweep.passes[1].options', options: { devices } }];

  it('are told by the field that names them, with what was meant', () => {
    expect(unknownDevices(asked('pi-kitchen', 'pi-kichen', { tag: 'arm46', any: 1 }), known)).toEqual([
      {
        field: 'sweep.passes[1].options.devices[1]',
        message: expect.stringMatching(/there is no device "pi-kichen".*did you mean "pi-kitchen"/) as string,
      },
      {
        field: 'sweep.passes[1].options.devices[2]',
        message: expect.stringMatching(/no device has the tag "arm46".*did you mean "arm64"/) as string,
      },
    ]);
    const [none] = unknownDevices(asked('pi'), []);
    expect(none?.message).toContain('coldpress devices add');
  });

  it('are none where all are known, or nothing is asked', () => {
    expect(unknownDevices(asked('pi-kitchen', { tag: 'arm64', each: true }), known)).toEqual([]);
    expect(unknownDevices([{ field: 'sweep.passes[0].options', options: {} }], [])).toEqual([]);
    // What is no selector is told by the schema.
    expect(unknownDevices(asked(7, { grid: ['a'] }), [])).toEqual([]);
  });
});

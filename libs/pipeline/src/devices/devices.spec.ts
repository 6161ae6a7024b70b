import { PROTOCOL, type BenchmarkResult, type DeviceFingerprint, type DeviceState } from '#contracts';
import { stageKey } from '../stage-key.js';
import { planStages } from '../plan.js';
import { benchmarkKey } from './benchmark-key.js';
import { benchmarkStatus, type BenchmarkFacts } from './benchmark-status.js';
import { deviceSection } from './device-report.js';
import { deviceState, type DeviceFacts } from './device-state.js';
import { selectDevices } from './select-devices.js';

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
  };
  const pi = (state: DeviceState) => ({ name: 'pi', tags: ['arm64'], state, reason: `is ${state}` });
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
  });
});

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

  it('holds what a device says as text, not as markup', () => {
    const error = { message: '<b>no</b>\n# room' };
    const report = { stage: 1, asked: 'b', device: 'b', state: 'failed', cached: false, error, result: null };
    expect(deviceSection([report as never])).toContain('\\<b\\>no\\</b\\> # room');
  });
});

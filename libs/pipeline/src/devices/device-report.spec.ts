import type { ReportedBenchmark } from '#contracts';
import { deviceLines, deviceSection, deviceTable, throughputTable } from './device-report.js';

const COOL = { temperatureC: 48, frequencyMhz: null, load: 0.1, onBattery: null };
const model = {
  ...{ label: 'baseline', p50: 1.2345, p95: 2, p99: 3, low: 1.2, high: 1.3, coldLoadMs: 40, peakRssBytes: 12_340_000 },
  latencyRatio: null,
};
const measured = {
  ...{ device: 'pi', asked: 'pi', state: 'succeeded', cached: false, error: null },
  result: { models: [model], quick: false, blocks: 40, seconds: 61.4, notes: [], before: COOL, after: COOL },
} as unknown as ReportedBenchmark;
const missing = {
  ...{ device: null, asked: 'phone', state: 'waiting', cached: false, error: null, result: null },
} as unknown as ReportedBenchmark;

describe('what devices measured', () => {
  it('is a row for each model, its interval and memory where they are known', () => {
    const bare = { ...model, label: 'small', low: null, high: null, peakRssBytes: null };
    const both = { ...measured, result: { ...measured.result, models: [model, bare] } } as ReportedBenchmark;
    expect(deviceTable([both]).rows).toEqual([
      ['pi', 'baseline', '1.23', '1.2..1.3', '2', '3', '40', '12.3', '-'],
      ['pi', 'small', '1.23', '-', '2', '3', '40', '-', '-'],
    ]);
  });

  it('is told after the table with how it was measured, and what was not last', () => {
    const lines = deviceSection([missing, measured]).trimEnd().split('\n').slice(-3);
    const how = ['- pi: 40 blocks in 61 s', '- pi: before and after: 48 degrees, load 0.1'];
    expect(lines).toEqual([...how, '- phone: not measured, waiting']);
  });

  const withResult = (more: object) => ({ ...measured, result: { ...measured.result, ...more } }) as ReportedBenchmark;

  it('tells samples a second by batch size and threads, and what could not be measured', () => {
    const rate = { label: 'baseline', perSecond: 1234.5, low: 1200, high: 1300, latencyRatio: null };
    const throughput = [
      { batch: 8, threads: 2, models: [rate], reason: null },
      { batch: 64, threads: 2, models: [], reason: 'no memory for it' },
    ];
    const report = withResult({ throughput });
    expect(throughputTable([report]).rows).toEqual([
      ['pi', 'baseline', '8 samples, 2 threads', '1230', '1200..1300', '-'],
    ]);
    expect(deviceLines([report])).toContain(
      'pi: throughput of 64 samples, 2 threads was not measured: no memory for it',
    );
    expect(deviceSection([report])).toContain('| samples / s |');
  });

  it('tells the energy of a run where it was measured, what counts it, and that nothing does', () => {
    const energy = { joules: 0.0123, low: 0.012, high: 0.013, ratio: 0.5 };
    const report = withResult({ models: [{ ...model, energy }], energy: { name: 'RAPL package-0', idleWatts: 4.2 } });
    expect(deviceTable([report]).rows[0]?.at(-1)).toBe('12.3 mJ (12 mJ..13 mJ), x 0.50');
    const sure = withResult({ models: [{ ...model, energy: { ...energy, ratioLow: 0.48, ratioHigh: 0.53 } }] });
    expect(deviceTable([sure]).rows[0]?.at(-1)).toBe('12.3 mJ (12 mJ..13 mJ), x 0.50 (0.48..0.53)');
    expect(deviceLines([report]).join()).toContain('what RAPL package-0 counts');
    expect(deviceLines([report]).join()).toContain('4.2 W while nothing is run');
    expect(deviceLines([withResult({ energy: null })])).toContain('pi: energy: not measurable here');
    expect(deviceLines([measured]).join()).not.toContain('energy');
  });

  it('tells what the battery lost', () => {
    const before = { ...COOL, batteryPercent: 81 };
    const report = withResult({ before, after: { ...before, batteryPercent: 78.5 } });
    expect(deviceLines([report]).join()).toContain('battery 78.5 %; the battery lost 2.5 points');
  });

  it('has no table where nothing was measured, and no section where nothing was asked', () => {
    expect(deviceSection([missing])).toBe('\n## Devices\n\n- phone: not measured, waiting\n');
    expect(deviceSection([])).toBe('');
  });
});

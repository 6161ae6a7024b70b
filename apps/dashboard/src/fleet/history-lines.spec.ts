import type { DeviceMeasurement } from '#contracts';
import { changesOfDevice, linesOf } from './history-lines.js';

const [MODEL, SMALL, OTHER] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];

const measured = (day: number, fingerprint: string, models: Record<string, number>): DeviceMeasurement => ({
  id: `00000000-0000-4000-8000-00000000000${day}`,
  jobId: '00000000-0000-4000-8000-000000000000',
  title: `job ${day}`,
  modelId: MODEL,
  modelName: 'net',
  measuredAt: `2026-12-0${day}T00:00:00.000Z`,
  fingerprint: fingerprint.repeat(64),
  models: Object.entries(models).map(([digest, p50]) => ({
    ...{ digest, p50, p95: p50, low: null, high: null, latencyRatio: null },
    label: digest === MODEL ? 'baseline' : '1 prune',
  })),
});

const DAYS = [
  measured(3, 'f', { [MODEL]: 9, [OTHER]: 1 }),
  measured(1, 'e', { [MODEL]: 8, [SMALL]: 4 }),
  measured(2, 'e', { [MODEL]: 7, [SMALL]: 3 }),
];

describe('the history of a model on a device', () => {
  it('is a line for each model in time, the model itself first', () => {
    expect(
      linesOf(MODEL, DAYS).map(({ label, medians }) => ({ label, medians: medians.map(({ timing }) => timing.p50) })),
    ).toEqual([
      { label: 'net', medians: [8, 7, 9] },
      { label: '1 prune of job 2', medians: [4, 3] },
      { label: '1 prune of job 3', medians: [1] },
    ]);
  });

  it('tells when the device became another', () => {
    expect(changesOfDevice(DAYS)).toEqual([Date.parse('2026-12-03')]);
    expect(changesOfDevice([])).toEqual([]);
  });
});

import type { ListedTrial } from '#contracts';
import { boundFilter, measuredMetrics, modelPoints, rangeOf } from './points.js';

const trial = (number: number, bytes: number, top1: number, more: Partial<ListedTrial> = {}): ListedTrial => ({
  number,
  state: 'complete',
  assignment: {},
  jobId: null,
  metrics: { bytes, compressedBytes: bytes, parameters: 1, nonZeros: 1, top1, outputSnrDb: null },
  devices: {},
  spans: {},
  violation: 0,
  violated: [],
  model: String(number),
  promotedAs: null,
  reason: null,
  createdAt: 0,
  finishedAt: null,
  ...more,
});
const SWEEP = {
  objectives: [
    { metric: 'bytes', direction: 'minimize' as const },
    { metric: 'top1', direction: 'maximize' as const },
  ],
};
const AXES = { x: 'bytes', y: 'top1' };
const TRIALS = [
  trial(0, 100, 0.9),
  trial(1, 50, 0.8),
  trial(2, 60, 0.7),
  trial(3, 10, 0.95, { violation: 0.5 }),
  trial(4, 20, 0.5, { state: 'failed' }),
];

describe('the models of a sweep', () => {
  const frontOf = (bounds = {}) =>
    modelPoints(SWEEP, TRIALS, AXES, bounds)
      .filter(({ isOnFront }) => isOnFront)
      .map(({ trial: { number } }) => number);

  it('have a front of feasible ones by the directions of the objectives', () => {
    expect(frontOf()).toEqual([0, 1]);
    expect(modelPoints(SWEEP, TRIALS, AXES, {}).map(({ trial: { number } }) => number)).toEqual([0, 1, 2, 3]);
  });

  it('are cut by what the reader allows, whichever way is better', () => {
    expect(frontOf({ bytes: 70 })).toEqual([1]);
    expect(frontOf({ top1: 0.85 })).toEqual([0]);
    expect(boundFilter({ latencyMsP50: 5 })(trial(0, 1, 1))).toBe(false);
  });

  it('are one where trials came to the same bytes', () => {
    const twins = [...TRIALS, trial(9, 50, 0.8, { model: '1' })];
    const found = modelPoints(SWEEP, twins, AXES, {}).find(({ numbers }) => numbers.length > 1);
    expect(found?.numbers).toEqual([1, 9]);
  });

  it('have axes for what was measured, and no slider where all are equal', () => {
    expect(measuredMetrics(SWEEP, TRIALS).slice(0, 4)).toEqual(['bytes', 'top1', 'compressedBytes', 'outputSnrDb']);
    expect(measuredMetrics(SWEEP, TRIALS)).not.toContain('latencyMsP50');
    expect(rangeOf(TRIALS, 'bytes')).toEqual({ low: 10, high: 100 });
    expect(rangeOf(TRIALS, 'parameters')).toBeUndefined();
  });
});

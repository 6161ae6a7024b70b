import type { StageMetrics } from '../metrics.js';
import { ColumnsOfTrials, listedTrial, TrialColumns, trialsOfColumns } from './trial-columns.js';
import type { Trial } from './trial.js';

const interval = { low: 0.9, high: 0.95, confidence: 0.95, method: 'wilson' as const, samples: 100 };
const latencyRatio = { ratio: 0.5, low: 0.4, high: 0.6, confidence: 0.9, equalWithin: 0.01 };
const METRICS: StageMetrics = { bytes: 10, parameters: 5, nonZeros: 5, formatBits: 8, top1: 0.93 } as StageMetrics;

const trial = (number: number, more: Partial<Trial> = {}): Trial => ({
  number,
  state: 'complete',
  origin: 'sampler',
  assignment: { bits: 8 },
  jobId: '8f0bd2a1-5c51-4a6b-8b8a-7f3f0d0c9b1e',
  stage: null,
  metrics: METRICS,
  devices: {},
  constraints: [],
  violation: 0,
  violated: [],
  modelDigest: String(number).repeat(64).slice(0, 64),
  promotedAs: null,
  reason: null,
  stagesExecuted: 1,
  seconds: 1,
  createdAt: '2026-01-31T12:00:00.000Z',
  finishedAt: '2026-01-31T12:00:01.500Z',
  ...more,
});

describe('the columns of trials', () => {
  it('tell of every trial what tables and plots show of it, whichever figures and parameters it has', () => {
    const trials = [
      trial(0),
      trial(3, { state: 'running', finishedAt: null, metrics: null, violation: null, modelDigest: null }),
      trial(4, { assignment: { bits: 4, rule: 'l1', both: false }, violated: ['bytes ≤ 5'], violation: 1 }),
      trial(5, { metrics: { ...METRICS, outputSnrDb: null, intervals: { top1: interval } }, promotedAs: 'best' }),
      trial(6, { metrics: { ...METRICS, latencyMsP50: 1, latencyRatio: { ...latencyRatio, verdict: 'faster', reason: null } } }), // prettier-ignore
      trial(7, { state: 'infeasible', jobId: null, assignment: {}, metrics: null, reason: 'no such layer' }),
      trial(8, { devices: { 'p95Ms on pi': 3 } }),
    ];
    const made = new ColumnsOfTrials();
    for (const each of trials) made.add(each);
    const read = TrialColumns.parse(JSON.parse(JSON.stringify(made.columns)));
    expect(trialsOfColumns(read)).toEqual(trials.map(listedTrial));
  });

  it('leave raw latencies out', () => {
    const made = new ColumnsOfTrials();
    made.add(trial(0, { metrics: { ...METRICS, latencySamplesMs: [1, 2, 3] } }));
    expect(Object.keys(made.columns.metrics)).toEqual(Object.keys(METRICS));
  });
});

it('a figure lies between what samples tell of quality, and runs of latency', () => {
  const metrics = { ...METRICS, latencyMsP50: 1, intervals: { top1: interval } };
  const ratio = { ...latencyRatio, verdict: 'faster' as const, reason: null };
  expect(listedTrial(trial(0, { metrics: { ...metrics, latencyRatio: ratio } })).spans).toEqual({
    top1: [0.9, 0.95],
    latencyMsP50: [0.8, 1.2],
  });
  expect(listedTrial(trial(0, { metrics: { ...metrics, latencyRatio: { ...ratio, low: null } } })).spans).toEqual({
    top1: [0.9, 0.95],
  });
  expect(listedTrial(trial(0, { metrics: null })).spans).toEqual({});
});

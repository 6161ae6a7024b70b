import {
  goalsOf,
  type BenchmarkResult,
  type Gate,
  type ModelMetrics,
  type ModelTiming,
  type RecipeGate,
} from '#contracts';
import { judgeTrial } from './outcome.js';

const baseline: ModelMetrics = { bytes: 1000, compressedBytes: 900, parameters: 250, nonZeros: 250, top1: 0.98 };
const metrics: ModelMetrics = { ...baseline, bytes: 600, top1: 0.96 };
const judge = (constraints: Gate[], figures: ModelMetrics = metrics) =>
  judgeTrial({ objectives: [{ metric: 'bytes' }, { metric: 'top1' }], constraints }, { baseline, metrics: figures });

describe('judgeTrial', () => {
  it('turns objectives so that lower is better', () => {
    expect(judge([]).outcome).toEqual({ values: [600, -0.96], constraints: [] });
    expect(goalsOf({ objectives: [{ metric: 'top1' }, { metric: 'bytes', direction: 'maximize' }] })).toEqual([
      { metric: 'top1', direction: 'maximize' },
      { metric: 'bytes', direction: 'maximize' },
    ]);
  });

  it('tells the distance from feasible in shares of limits, tenths of shares and tens of dB, and why', () => {
    const judged = judge([
      { metric: 'bytes', max: 500 },
      { metric: 'top1', maxDrop: 0.01 },
      { metric: 'parameters', maxRatio: 1 },
    ]);
    expect(judged.outcome?.constraints?.map((value) => Number(value.toFixed(6)))).toEqual([0.2, 0.1, 0]);
    expect(judged.violation).toBeCloseTo(0.3, 9);
    expect(judged.violated).toEqual([
      'size on disk in bytes is 600, not at most 500: 100 too far',
      'top-1 accuracy is 96.00 %, not at most 1.00 % below the baseline of 98.00 %: 1.00 % too far',
    ]);
  });

  it('is feasible exactly where the gates hold', () => {
    expect(judge([{ metric: 'top1', maxDrop: 0.02 }])).toMatchObject({ violation: 0, violated: [] });
    expect(judge([{ metric: 'bytes', max: 599.9999 }]).violation).toBeGreaterThan(0);
  });

  it('counts a bound that cannot be judged as far away, and has no outcome without an objective', () => {
    expect(judge([{ metric: 'top5', min: 0.5 }]).violation).toBe(10);
    const { top1: _top1, ...unmeasured } = metrics;
    expect(judge([], unmeasured)).toMatchObject({ outcome: null, missing: ['top1'] });
  });

  it('reads what devices measured, of a tag the worst, and counts what they did not measure as far away', () => {
    const timing = (p95: number): ModelTiming =>
      ({ digest: 'last', p50: p95 / 2, p95, low: null, high: null, latencyRatio: null }) as ModelTiming;
    const onDevice = (name: string, p95: number) => ({
      ...{ stage: 1, asked: name, device: name, state: 'succeeded' as const, error: null },
      ...{ wantedName: name, askedTags: ['board'] },
      result: { models: [timing(p95), timing(p95)] } as BenchmarkResult,
    });
    const devices = { modelDigest: 'last', benchmarks: [onDevice('pi', 3), onDevice('nano', 5)] };
    const constraints: RecipeGate[] = [
      { device: 'pi', metric: 'p95Ms', max: 2 },
      { device: { tag: 'board' }, metric: 'p95Ms', max: 5 },
    ];
    const objectives = [{ device: { tag: 'board' }, metric: 'p95Ms' as const }];
    const judged = judgeTrial({ objectives, constraints }, { baseline, metrics, devices });
    expect(judged).toMatchObject({
      outcome: { values: [5], constraints: [0.5, 0] },
      devices: { 'p95Ms on tag board': 5, 'p95Ms on pi': 3 },
      missing: [],
    });
    expect(judged.violated).toEqual([expect.stringContaining('latency p95 on pi is 3 ms, not at most 2 ms')]);
    const nobody = judgeTrial({ objectives, constraints }, { baseline, metrics });
    expect(nobody).toMatchObject({ outcome: null, violation: 20, missing: ['p95Ms on tag board'] });
  });

  it('takes identical outputs for an unlimited ratio of signal to noise', () => {
    expect(judge([{ metric: 'outputSnrDb', min: 40 }], { ...metrics, outputSnrDb: null }).violation).toBe(0);
    expect(judge([{ metric: 'outputSnrDb', min: 40 }], { ...metrics, outputSnrDb: 20 }).violation).toBe(2);
  });
});

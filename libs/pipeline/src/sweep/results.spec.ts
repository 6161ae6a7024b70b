import type { Gate, StageMetrics, Trial } from '#contracts';
import { Space } from '#search';
import { hopeless } from './hopeless.js';
import { sweepResults } from './results.js';
import { trialsCsv } from './trials-table.js';

const BASELINE = { bytes: 1000, compressedBytes: 900, parameters: 250, nonZeros: 250, top1: 0.9 };
const OBJECTIVES = [{ metric: 'bytes' as const }, { metric: 'top1' as const }];
const space = new Space([{ kind: 'choice', name: 'bits', values: [8, 4, 2], ordered: true }]);
const digest = (of: number) => String(of).repeat(64).slice(0, 64);

const trial = (number: number, metrics: Partial<StageMetrics>, rest: Partial<Trial> = {}): Trial => ({
  number,
  state: 'complete',
  origin: 'sampler',
  assignment: { bits: 8 },
  jobId: null,
  stage: null,
  metrics: { ...BASELINE, ...metrics },
  devices: {},
  constraints: [],
  violation: 0,
  violated: [],
  modelDigest: digest(number),
  promotedAs: null,
  reason: null,
  stagesExecuted: 1,
  seconds: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, number + 1)).toISOString(),
  ...rest,
});
const results = (trials: Trial[], constraints: Gate[] = []) =>
  sweepResults({
    document: { objectives: OBJECTIVES, constraints },
    space,
    trials,
    startedAt: Date.UTC(2026, 0, 1),
  });
const numbers = (trials: readonly Trial[]) => trials.map(({ number }) => number);

describe('sweepResults', () => {
  it('has on its front what no feasible trial dominates, one for each model, best in the first objective first', () => {
    const { front, best, same, nearest } = results([
      trial(0, { bytes: 500, top1: 0.8 }),
      trial(1, { bytes: 300, top1: 0.7 }),
      trial(2, { bytes: 600, top1: 0.8 }),
      trial(3, { bytes: 300, top1: 0.7 }, { modelDigest: digest(1) }),
      trial(4, { bytes: 100, top1: 0.9 }, { violation: 0.5 }),
      trial(5, { bytes: 1, top1: 1 }, { state: 'stopped' }),
      trial(6, { bytes: 700, top1: 0.95 }),
    ]);
    expect(numbers(front)).toEqual([1, 0, 6]);
    expect(best.map(({ metric, number }) => [metric, number])).toEqual([
      ['bytes', 1],
      ['top1', 6],
    ]);
    expect(same).toEqual([{ modelDigest: digest(1), numbers: [1, 3] }]);
    expect(nearest).toEqual([]);
  });

  it('has the nearest to feasible where no trial is, and for each constraint the best that holds it alone', () => {
    const { front, nearest, bestUnder, hypervolume } = results(
      [
        trial(0, { bytes: 500, top1: 0.5 }, { violation: 3, constraints: [0, 3.5, 499] }),
        trial(1, { bytes: 800, top1: 0.89 }, { violation: 1, constraints: [0.6, -0.4, 799] }),
        trial(2, { bytes: 450, top1: 0.2 }, { violation: 6, constraints: [-0.1, 6.5, 449] }),
      ],
      [
        { metric: 'bytes', max: 500 },
        { metric: 'top1', maxDrop: 0.05 },
        { metric: 'bytes', max: 1 },
      ],
    );
    expect([front, hypervolume]).toEqual([[], []]);
    expect(numbers(nearest)).toEqual([1, 0, 2]);
    expect(bestUnder.map(({ holding, number }) => [holding, number])).toEqual([
      [2, 2],
      [1, 1],
      [0, null],
    ]);
  });

  it('grows in hypervolume with each trial that adds to the front, in the order of their ends', () => {
    const { hypervolume, reference } = results([
      trial(0, { bytes: 800, top1: 0.5 }),
      trial(1, { bytes: 900, top1: 0.4 }),
      trial(2, { bytes: 400, top1: 0.6 }),
      trial(3, { bytes: 850, top1: 0.3 }),
    ]);
    expect(reference?.map((value) => Number(value.toFixed(6)))).toEqual([990, -0.27]);
    expect(hypervolume.map(({ trials, seconds }) => [trials, seconds])).toEqual([
      [1, 1],
      [3, 3],
      [4, 4],
    ]);
    expect(hypervolume[1]?.hypervolume).toBeCloseTo(1, 9);
    expect(hypervolume[0]?.hypervolume).toBeCloseTo((190 * 0.23) / (590 * 0.33), 9);
  });

  it('tells which parameter decides from ten complete trials on', () => {
    const many = Array.from({ length: 20 }, (_, at) =>
      trial(at, { bytes: 100 * (at % 3), top1: 0.5 }, { assignment: { bits: [8, 4, 2][at % 3]! } }),
    );
    expect(results(many.slice(0, 9)).importance).toEqual([]);
    expect(results(many).importance[0]).toEqual({ metric: 'bytes', shares: { bits: 1 } });
  });

  it('has figures of devices on its front, by their names', () => {
    const { front, objectives, best } = sweepResults({
      document: { objectives: [{ metric: 'bytes' }, { device: 'pi', metric: 'perSecond' }], constraints: [] },
      space,
      trials: [
        trial(0, { bytes: 9 }, { devices: { 'perSecond on pi': 5 } }),
        trial(1, { bytes: 9 }, { devices: { 'perSecond on pi': 8 } }),
        trial(2, { bytes: 1 }),
      ],
      startedAt: 0,
    });
    expect(objectives[1]).toEqual({ metric: 'perSecond on pi', direction: 'maximize' });
    expect([numbers(front), best[1]?.number]).toEqual([[1], 1]);
  });

  it('takes identical outputs as the best signal there is', () => {
    const { front } = sweepResults({
      document: { objectives: [{ metric: 'outputSnrDb' }], constraints: [] },
      space,
      trials: [trial(0, { outputSnrDb: 40 }), trial(1, { outputSnrDb: null })],
      startedAt: 0,
    });
    expect(numbers(front)).toEqual([1]);
  });
});

describe('trialsCsv', () => {
  it('has a line for each trial, texts in quotes where they must be, and no formula', () => {
    const text = trialsCsv(
      { objectives: OBJECTIVES },
      ['bits', 'order'],
      [
        trial(0, {}, { assignment: { bits: 8, order: '=1+1' }, jobId: null }),
        trial(1, {}, { state: 'failed', metrics: null, violation: null, reason: 'a "b", c' }),
      ],
    );
    const [head, first, second] = text.split('\r\n');
    expect(head).toBe(
      'number,state,bits,order,bytes,top1,compressedBytes,parameters,nonZeros,violation,seconds,model,job,reason',
    );
    expect(first).toBe(`0,complete,8,'=1+1,1000,0.9,900,250,250,0,1,${digest(0)},,`);
    expect(second).toBe(`1,failed,8,,,,,,,,1,${digest(1)},,"a ""b"", c"`);
  });
});

describe('hopeless', () => {
  const passes = [
    { pass: 'prune', options: {} },
    { pass: 'quantize', options: {} },
    { pass: 'distill', options: {} },
    { pass: 'evaluate', options: {} },
  ];
  const after = (bytes: number, stages = 2) => Array.from({ length: stages }, () => ({ ...BASELINE, bytes }));
  const why = (constraint: Gate, bytes: number, stages?: number) =>
    hopeless([constraint], { passes, metrics: after(bytes, stages), baseline: { bytes: 1000 } });

  it('gives a trial up whose size no later pass makes smaller, and says why', () => {
    expect(why({ metric: 'bytes', max: 500 }, 600)).toBe(
      'size on disk in bytes is 600 after stage 2, at most 500 is asked, and no later pass makes it smaller',
    );
    expect(why({ metric: 'bytes', maxRatio: 0.4 }, 600)).toContain('at most 400 is asked');
  });

  it.each<[string, Gate, number, number]>([
    ['while a pass is to come that makes models smaller', { metric: 'bytes', max: 500 }, 600, 1],
    ['before its first stage', { metric: 'bytes', max: 500 }, 600, 0],
    ['within the little that writing a file anew may save', { metric: 'bytes', max: 500 }, 505, 2],
    ['for a figure that training may change', { metric: 'compressedBytes', max: 1 }, 600, 2],
    ['for a lowest value', { metric: 'bytes', min: 700 }, 600, 2],
    ['against a baseline that is not known', { metric: 'parameters', maxRatio: 0.01 }, 600, 2],
  ])('does not %s', (_what, constraint, bytes, stages) => {
    expect(why(constraint, bytes, stages)).toBeNull();
  });

  it('waits for a student that is cut smaller', () => {
    const cut = [
      { pass: 'prune', options: {} },
      { pass: 'distill', options: { student: { width: 0.5 } } },
    ];
    const progressed = { passes: cut, metrics: after(600, 1), baseline: null };
    expect(hopeless([{ metric: 'bytes', max: 500 }], progressed)).toBeNull();
  });
});

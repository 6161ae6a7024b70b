import type { BenchmarkSamples, ThroughputSamples } from '#contracts';
import type { BenchmarkWork } from '#database';
import { energyOf } from './energy-figures.js';
import { throughputFault, throughputFigures } from './throughput-figures.js';

const work = {
  models: [
    { digest: 'a', label: 'baseline' },
    { digest: 'b', label: 'quantize' },
  ],
  throughput: [
    { batch: 1, threads: 1, inputs: [] },
    { batch: 8, threads: 2, inputs: [] },
  ],
} as unknown as BenchmarkWork;
const slow = Array.from({ length: 40 }, (_, i) => 4 + (i % 2) * 0.01);
const fast = slow.map((ms) => ms / 2);
const point = (batch: number, threads: number, samplesMs: number[][], reason: string | null = null) =>
  ({ batch, threads, samplesMs, reason }) satisfies ThroughputSamples;

describe('samples a second', () => {
  it('count the batch, with an interval, and are held against the baseline at the same combination', () => {
    const sent = [point(1, 1, [slow, fast]), point(8, 2, [slow, slow])];
    const { throughput } = throughputFigures(work, sent);
    expect(throughput?.map(({ batch, threads }) => [batch, threads])).toEqual([
      [1, 1],
      [8, 2],
    ]);
    const rates = throughput?.map(({ models }) => models.map(({ perSecond }) => Math.round(perSecond)));
    expect(rates).toEqual([
      [250, 499],
      [1998, 1998],
    ]);
    const [first, second] = throughput?.map(({ models }) => models[1]) ?? [];
    expect(first?.latencyRatio).toMatchObject({ ratio: expect.closeTo(0.5, 9) as number, verdict: 'faster' });
    expect(second?.latencyRatio?.verdict).toBe('equal');
    expect(throughput?.[0]?.models[0]).toMatchObject({ label: 'baseline', latencyRatio: null });
    const hot = throughputFigures(work, sent, 'throttled').throughput?.map(({ models }) => models[1]?.latencyRatio);
    expect(hot).toMatchObject([0, 1].map(() => ({ verdict: 'inconclusive', reason: 'throttled' })));
    expect(first?.low).toBeLessThanOrEqual(first?.perSecond ?? 0);
    expect(first?.high).toBeGreaterThanOrEqual(first?.perSecond ?? Infinity);
  });

  it('say why one could not be measured, and that an agent measures none', () => {
    const sent = [point(1, 1, [], 'no memory for it'), point(8, 2, [slow, fast])];
    expect(throughputFigures(work, sent).throughput?.[0]).toMatchObject({ models: [], reason: 'no memory for it' });
    const none = throughputFigures(work, undefined).throughput;
    expect(none?.map(({ reason }) => reason)).toEqual(Array(2).fill('its agent does not measure throughput'));
    expect(throughputFigures({ ...work, throughput: undefined } as never, undefined)).toEqual({});
  });

  it.each<[string, ThroughputSamples[], RegExp | null]>([
    ['as they are asked for', [point(1, 1, [slow, fast]), point(8, 2, [], 'too large')], null],
    ['of another combination', [point(1, 1, [slow, fast]), point(9, 2, [slow, fast])], /9 samples, 2 threads/],
    ['of one model', [point(1, 1, [slow]), point(8, 2, [slow, fast])], /not of 2 models/],
    ['of other blocks', [point(1, 1, [slow, fast.slice(1)]), point(8, 2, [slow, fast])], /as many samples each/],
  ])('are taken or refused %s', (_what, sent, fault) => {
    if (fault === null) expect(throughputFault(work, sent)).toBeNull();
    else expect(throughputFault(work, sent)).toMatch(fault);
  });
});

describe('the energy of a run', () => {
  const sent = { models: [{ joules: [2, 4, 3] }, { joules: [1, 1.5, 2] }, {}] } as unknown as BenchmarkSamples;

  it('is the median of its windows, over that of the baseline', () => {
    const unknown = { ratioLow: null, ratioHigh: null };
    expect(energyOf(sent, 0)).toEqual({ energy: { joules: 3, low: 2, high: 4, ratio: null, ...unknown } });
    expect(energyOf(sent, 1)).toEqual({ energy: { joules: 1.5, low: 1, high: 2, ratio: 0.5, ...unknown } });
  });

  it('is compared round by round, with an interval once there are rounds enough for one', () => {
    const rounds = [2, 4, 8, 2, 4, 8];
    const models = [{ joules: rounds }, { joules: rounds.map((value, round) => value * (0.5 + round / 100)) }];
    const { energy } = energyOf({ models } as unknown as BenchmarkSamples, 1);
    expect(energy).toMatchObject({ ratioLow: 0.5, ratioHigh: expect.closeTo(0.55, 9) as number });
    expect(energy?.ratio).toBeCloseTo(0.525, 9);
    const gap = { models: [{ joules: rounds }, { joules: [1, 2] }] } as unknown as BenchmarkSamples;
    expect(energyOf(gap, 1).energy).toMatchObject({ ratio: 1.5 / 4, ratioLow: null });
  });

  it('is none where no window was measured', () => expect(energyOf(sent, 2)).toEqual({}));
});

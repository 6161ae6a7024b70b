import type { Figures, JobItem } from '#contracts';
import { comparable, COSTS, QUALITIES, tradeOffs } from './trade-offs.js';

const metrics = (bytes: number, top1?: number, latencyMsP50?: number): Figures => ({
  bytes,
  compressedBytes: bytes,
  ...(top1 === undefined ? {} : { top1 }),
  ...(latencyMsP50 === undefined ? {} : { latencyMsP50 }),
});

function job(name: string, final: Figures, overrides: Partial<JobItem> = {}): JobItem {
  return {
    id: name,
    name,
    modelId: 'm',
    datasetId: 'd',
    title: name,
    baseline: metrics(1000, 0.98, 10),
    final,
    ...overrides,
  } as unknown as JobItem;
}

const [onDisk, , latency] = COSTS;
const [top1] = QUALITIES;

describe('tradeOffs', () => {
  it('marks the points that no other beats, the original among them, cheapest first', () => {
    const jobs = [
      job('int8', metrics(250, 0.979)),
      job('int4', metrics(130, 0.975)),
      job('worse than int8', metrics(300, 0.978)),
      job('as int4', metrics(130, 0.975)),
    ];
    expect(tradeOffs(jobs, onDisk!, top1!).map((point) => [point.job?.name ?? 'original', point.isBest])).toEqual([
      ['int4', true],
      ['as int4', true],
      ['int8', true],
      ['worse than int8', false],
      ['original', true],
    ]);
  });

  it('leaves out what was not measured', () => {
    expect(
      tradeOffs([job('unmeasured', metrics(250))], onDisk!, top1!).map((point) => point.job?.name ?? 'original'),
    ).toEqual(['original']);
  });

  it('gives a latency against that of the original in the same job', () => {
    const slowHour = job('slow hour', metrics(250, 0.97, 10), { baseline: metrics(1000, 0.98, 20) });
    expect(tradeOffs([slowHour], latency!, top1!).map(({ cost }) => cost)).toEqual([0.5, 1]);
  });

  it('does not rank latencies that noise may have set apart', () => {
    const timed = (ratio: number, spread: number, top1: number): Figures => ({
      ...metrics(250, top1, 10 * ratio),
      latencyRatio: {
        ratio,
        low: ratio - spread,
        high: ratio + spread,
        confidence: 0.95,
        equalWithin: 0.02,
        verdict: 'faster',
        reason: null,
      },
    });
    const best = (spread: number) =>
      tradeOffs([job('a', timed(0.5, spread, 0.97)), job('b', timed(0.52, spread, 0.97))], latency!, top1!).map(
        ({ isBest }) => isBest,
      );
    expect(best(0.1)).toEqual([true, true, true]);
    expect(best(0.005)).toEqual([true, false, true]);
  });
});

describe('comparable', () => {
  it('puts together jobs on the same model and data, and no others', () => {
    const [a, b, c] = [job('a', metrics(1)), job('b', metrics(1)), job('c', metrics(1), { datasetId: 'other' })];
    expect(comparable([a, c, b]).map((group) => group.map(({ name }) => name))).toEqual([['a', 'b'], ['c']]);
  });
});

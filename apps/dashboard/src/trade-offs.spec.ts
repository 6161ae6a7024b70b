import type { Figures, JobItem } from '#contracts';
import { chosenAxis, COSTS, QUALITIES } from './axes.js';
import { tells, tradeOffs, type Point } from './trade-offs.js';

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
    finalDigest: `digest of ${name}`,
    baseline: metrics(1000, 0.98, 10),
    final,
    ...overrides,
  } as unknown as JobItem;
}

const disk = chosenAxis(COSTS, 'disk', () => false);
const latency = chosenAxis(COSTS, 'latency', () => false);
const top1 = chosenAxis(QUALITIES, 'top1', () => false);
const snr = chosenAxis(QUALITIES, 'snr', () => false);
const verdicts = (points: Point[]) =>
  points.map((point) => [point.isOriginal ? 'original' : point.jobs.map(({ name }) => name).join(' = '), point.isBest]);

describe('tradeOffs', () => {
  it('marks the points that no other beats, cheapest first', () => {
    const jobs = [
      job('int8', metrics(250, 0.979)),
      job('int4', metrics(130, 0.965)),
      job('worse than int8', metrics(300, 0.978)),
    ];
    expect(verdicts(tradeOffs(jobs, disk, top1))).toEqual([
      ['int4', true],
      ['int8', true],
      ['worse than int8', false],
      ['original', false],
    ]);
  });

  it('takes jobs that came to the same bytes as one model, with the ends of what they measured', () => {
    const same = { finalDigest: 'the same' };
    const jobs = [
      job('a', metrics(250, 0.9, 5.3), same),
      job('b', metrics(250, 0.9, 6), same),
      job('c', metrics(250, 0.9, 5.4), same),
    ];
    const [point, original] = tradeOffs(jobs, latency, top1);
    expect(point).toMatchObject({ cost: 0.54, costs: [0.53, 0.6], quality: 0.9 });
    expect(point!.jobs.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(original!.jobs).toEqual([]);
  });

  it('takes a model that its job left as it was for the original', () => {
    const points = tradeOffs(
      [job('measured', metrics(1000, 0.98), { finalDigest: 'm' }), job('int8', metrics(250, 0.9))],
      disk,
      top1,
    );
    expect(verdicts(points)).toEqual([
      ['int8', true],
      ['original', true],
    ]);
    expect(points[1]!.jobs.map(({ name }) => name)).toEqual(['measured']);
  });

  it('marks one of those that are alike', () => {
    const equal = Array.from({ length: 99 }, (_, index) => job(`job ${index}`, metrics(250, 0.9)));
    const near = [job('a little better', metrics(260, 0.9005)), job('better', metrics(270, 0.95))];
    const best = tradeOffs([...equal, ...near], disk, top1).filter(({ isBest }) => isBest);
    expect(verdicts(best)).toEqual([
      ['job 0', true],
      ['better', true],
      ['original', true],
    ]);
  });

  it('leaves out what was not measured', () => {
    expect(verdicts(tradeOffs([job('unmeasured', metrics(250))], disk, top1))).toEqual([['original', true]]);
  });

  it('takes outputs without noise for the best there are, and the original for identical to itself', () => {
    const jobs = [
      job('folded', { ...metrics(900), outputSnrDb: null }),
      job('int8', { ...metrics(250), outputSnrDb: 31.25 }),
    ];
    const points = tradeOffs(jobs, disk, snr);
    expect(points.map(({ quality }) => snr.format(quality))).toEqual(['31.3 dB', 'identical', 'identical']);
    expect(verdicts(points)).toEqual([
      ['int8', true],
      ['folded', true],
      ['original', false],
    ]);
  });

  it('gives a latency against that of the original in the same job', () => {
    const slowHour = job('slow hour', metrics(250, 0.97, 10), { baseline: metrics(1000, 0.98, 20) });
    expect(tradeOffs([slowHour], latency, top1).map(({ cost }) => cost)).toEqual([0.5, 1]);
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
      tradeOffs([job('a', timed(0.5, spread, 0.96)), job('b', timed(0.52, spread, 0.97))], latency, top1).map(
        ({ isBest }) => isBest,
      );
    expect(best(0.1)).toEqual([false, true, true]);
    expect(best(0.005)).toEqual([true, true, true]);
  });
});

describe('tells', () => {
  it('says nothing of the best where every model is among them', () => {
    const front = [job('a', metrics(100, 0.7)), job('b', metrics(200, 0.8))];
    expect(tells(tradeOffs(front, disk, top1))).toBe(false);
    expect(tells(tradeOffs([...front, job('c', metrics(300, 0.75))], disk, top1))).toBe(true);
    expect(tells(tradeOffs(front.slice(1), disk, top1))).toBe(false);
  });
});

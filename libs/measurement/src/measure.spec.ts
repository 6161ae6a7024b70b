import { clockResolutionMs } from './clock.js';
import { Machine, NOISES } from './machine.fixture.js';
import { measure, type Subject } from './measure.js';
import { FULL, isQuick, QUICK, type MeasureSettings } from './settings.js';

const steady = (ms: number) => ms;
const SHORT: MeasureSettings = { ...FULL, minRuns: 30, minSeconds: 0, within: null, warmupRuns: 2, ticks: 0 };

describe('measure', () => {
  it('takes as many samples of each as are asked for, the cold run apart and warm-up left out', async () => {
    const machine = new Machine(1, steady);
    let runs = 0;
    const warming: Subject = { run: () => machine.subject(runs++ < 3 ? 100 : 1).run(0) };
    const { samplesMs, coldMs, stoppedBy } = await measure([warming, machine.subject(2)], SHORT, machine);
    expect(coldMs.map(Math.round)).toEqual([100, 2]);
    expect(samplesMs.map((samples) => [samples.length, Math.round(Math.max(...samples))])).toEqual([
      [30, 1],
      [30, 2],
    ]);
    expect(stoppedBy).toBe('limits');
  });

  it('draws the order of each block, the same from the same seed, and gives all subjects of a block the same input', async () => {
    const orderOf = async (seed: number) => {
      const machine = new Machine(1, steady);
      const log: string[] = [];
      const subject = (name: string): Subject => ({
        run: (index) => (log.push(`${name}${index}`), machine.subject(1).run(0)),
      });
      await measure([subject('a'), subject('b')], { ...SHORT, seed }, machine);
      return log;
    };
    const log = await orderOf(4);
    expect(await orderOf(4)).toEqual(log);
    expect(await orderOf(5)).not.toEqual(log);
    for (let block = 0; 2 * block < log.length; block++)
      expect(log.slice(2 * block, 2 * block + 2).toSorted()).toEqual([`a${block}`, `b${block}`]);
  });

  it('goes on until both the runs and the seconds are reached', async () => {
    const machine = new Machine(1, steady);
    const { seconds, samplesMs } = await measure([machine.subject(1)], { ...SHORT, minSeconds: 0.5 }, machine);
    expect(seconds).toBeGreaterThanOrEqual(0.5);
    expect(samplesMs[0]!.length).toBeGreaterThan(400);
  });

  it('ends early once medians and ratios are known well enough, and not before', async () => {
    const timed = async (noise: keyof typeof NOISES) => {
      const machine = new Machine(1, NOISES[noise]);
      return measure([machine.subject(1), machine.subject(1)], { ...FULL, minSeconds: 5 }, machine);
    };
    const [quiet, busy] = [await timed('quiet'), await timed('busy')];
    expect([quiet.stoppedBy, quiet.samplesMs[0]!.length]).toEqual(['precision', 50]);
    expect(busy.stoppedBy).toBe('precision');
    expect(busy.samplesMs[0]!.length).toBeGreaterThan(500);
  });

  it('takes enough runs for an interval of slow subjects when time is up, but not for ever', async () => {
    const blocks = async (ms: number) => {
      const machine = new Machine(1, steady);
      const { stoppedBy, samplesMs } = await measure([machine.subject(ms)], QUICK, machine);
      return [stoppedBy, samplesMs[0]!.length];
    };
    expect(await blocks(3000)).toEqual(['time', 6]);
    expect(await blocks(25_000)).toEqual(['time', 2]);
  });

  it('makes a sample of as many runs as a coarse clock needs', async () => {
    const machine = new Machine(1, steady, 0.1);
    const {
      clockResolutionMs: step,
      runsPerSample,
      samplesMs,
    } = await measure([machine.subject(0.05), machine.subject(30)], { ...SHORT, ticks: 100 }, machine);
    expect(step).toBeCloseTo(0.1, 6);
    expect(runsPerSample[0]).toBeGreaterThanOrEqual(190);
    expect(runsPerSample[1]).toBe(1);
    for (const ms of samplesMs[0]!) expect(Math.abs(ms - 0.05)).toBeLessThan(0.002);
  });

  it('says when its settings ask for less than a full measurement', () => {
    expect([FULL, { ...FULL, minRuns: 5000 }].map(isQuick)).toEqual([false, false]);
    expect(
      [QUICK, { ...FULL, minSeconds: 5 }, { ...FULL, maxSeconds: 10 }, { ...FULL, within: 0.05 }].map(isQuick),
    ).toEqual([true, true, true, true]);
  });

  it('reports its progress to the end', async () => {
    const seen: number[] = [];
    const machine = new Machine(1, steady);
    await measure([machine.subject(1)], { ...SHORT, minRuns: 3, warmupRuns: 1 }, machine, {
      onProgress: (fraction) => seen.push(fraction),
    });
    expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it('refuses nothing to measure, and a clock that stands still', async () => {
    await expect(measure([], SHORT, new Machine(1, steady))).rejects.toMatchObject({ code: 'nothing_to_measure' });
    expect(() => clockResolutionMs({ now: () => 5 })).toThrow(expect.objectContaining({ code: 'clock_stands' }));
  });
});

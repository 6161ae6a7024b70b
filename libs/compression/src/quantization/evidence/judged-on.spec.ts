import { float32 } from '#inference';
import { describeJudgedOn, SampleSpread } from './judged-on.js';

/** 20 dB of noise on each value but those of the samples that `worse` names, which have 0 dB. */
function noisy(dims: readonly number[], perSample: number, worse: readonly number[] = []) {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const share = (i: number) => (worse.includes(Math.floor(i / perSample)) ? 1 : 0.1);
  return {
    expected: { y: float32(dims, new Float32Array(count).fill(1)) },
    got: {
      y: float32(
        dims,
        Float32Array.from({ length: count }, (_, i) => 1 + share(i)),
      ),
    },
  };
}

function judged(dims: readonly number[], size: number, perSample: number, worse: readonly number[] = []) {
  const spread = new SampleSpread();
  const { expected, got } = noisy(dims, perSample, worse);
  spread.add(got, expected, size);
  return spread.judgedOn(false);
}

describe('what single samples are judged on', () => {
  it('is their own part of each output', () => {
    const { samples, leastDb, mostDb } = judged([3, 4], 3, 4, [1]);
    expect([samples, leastDb, mostDb]).toEqual([3, expect.closeTo(0, 5), expect.closeTo(20, 5)]);
  });

  it('is the whole output of one sample, whatever its shape', () => {
    expect(judged([5], 1, 5).leastDb).toBeCloseTo(20, 5);
  });

  it('bounds the figure of all, and holds nothing where samples are few or alike', () => {
    const { interval } = judged([40, 4], 40, 4, [3, 17]);
    // Of 40 samples two have 0 dB and the others 20: all together have 12.2 dB, and about 17 without the two.
    expect(interval!.low).toBeLessThan(12);
    expect(interval!.high).toBeGreaterThan(13);
    expect(interval!.low).toBeGreaterThan(5);
    expect(interval!.high).toBeLessThan(20.1);
    const alike = judged([40, 4], 40, 4).interval!;
    expect([alike.low, alike.high]).toEqual([expect.closeTo(20, 5), expect.closeTo(20, 5)]);
    expect(judged([7, 4], 7, 4, [1]).interval).toBeNull();
  });

  it('is nothing of outputs that have no part for each', () => {
    expect(judged([5], 3, 5)).toMatchObject({ samples: 3, leastDb: null, mostDb: null });
  });

  it('is told with the spread, where there is one, and whether the result was fitted to it', () => {
    const told = { samples: 3, isHeldOut: true, isAlsoOneBatch: false, leastDb: 12.34, mostDb: 30, interval: null };
    expect(describeJudgedOn(told)).toBe('3 samples held out of calibration data, single ones at 12.3 to 30.0 dB');
    expect(describeJudgedOn({ ...told, samples: 1 })).toBe('one sample held out of calibration data');
    expect(describeJudgedOn({ ...told, interval: { low: 15, high: 20 } })).toContain(
      ', all together within 15.0 to 20.0 dB (95 % interval)',
    );
    expect(describeJudgedOn({ ...told, isHeldOut: false, leastDb: null })).toContain('which the result was fitted to');
  });
});

import type { ModelMetrics } from '#contracts';
import { judgeGates } from './gates.js';

const baseline: ModelMetrics = {
  bytes: 1000,
  compressedBytes: 900,
  parameters: 250,
  nonZeros: 250,
  top1: 0.98,
  latencyMsP50: 2,
};
const final: ModelMetrics = { ...baseline, bytes: 99, top1: 0.975, latencyMsP50: 1, outputSnrDb: null };

describe('judgeGates', () => {
  it('judges absolute and relative bounds and says what was asked', () => {
    const [small, ratio, drop] = judgeGates(
      [
        { metric: 'bytes', max: 98 },
        { metric: 'bytes', maxRatio: 0.1 },
        { metric: 'top1', maxDrop: 0.005 },
      ],
      baseline,
      final,
    );
    expect(small).toMatchObject({
      passed: false,
      value: 99,
      explanation: 'size on disk in bytes is 99, not at most 98',
    });
    expect(ratio).toMatchObject({
      passed: true,
      baseline: 1000,
      explanation: 'size on disk in bytes is 99, as asked at most 0.1 times the baseline of 1,000, that is 100',
    });
    expect(drop).toMatchObject({
      passed: true,
      explanation: 'top-1 accuracy is 97.50 %, as asked at most 0.50 % below the baseline of 98.00 %',
    });
  });

  it('fails a gate whose figure or baseline is missing, with the reason', () => {
    const [missing, unknown] = judgeGates(
      [
        { metric: 'top5', min: 0.9 },
        { metric: 'top1', maxDrop: 0.1 },
      ],
      null,
      { ...final },
    );
    expect(missing).toMatchObject({ passed: false, value: null, explanation: 'top-5 accuracy was not measured' });
    expect(unknown?.passed).toBe(false);
    expect(unknown?.explanation).toContain('not measured on the baseline');
  });

  it.each([
    [
      'fails what is above for certain',
      1.2,
      1.1,
      1.3,
      false,
      /1\.20 times the baseline \(95 % interval 1\.10\.\.1\.30\), not at most 1 times$/,
    ],
    ['passes what is below for certain', 0.8, 0.7, 0.9, true, /, as asked at most 1 times$/],
    ['does not fail on noise', 1.04, 0.97, 1.1, true, /within noise, so the gate does not fail; noisy$/],
    ['says that noise may have passed it', 0.97, 0.9, 1.1, true, /within noise/],
    [
      'decides by the median where there is no interval',
      1.2,
      null,
      null,
      false,
      /not at most 1 times, but no interval is known: noisy$/,
    ],
  ])('of a latency against the baseline %s', (_what, ratio, low, high, passed, words) => {
    const latencyRatio = {
      ratio,
      low,
      high,
      confidence: 0.95,
      equalWithin: 0.02,
      verdict: 'inconclusive' as const,
      reason: 'noisy',
    };
    const [verdict] = judgeGates([{ metric: 'latencyMsP50', maxRatio: 1 }], baseline, { ...final, latencyRatio });
    expect(verdict).toMatchObject({ passed, explanation: expect.stringMatching(words) });
  });

  it('says of the ratio of a 95th percentile that noise may have decided', () => {
    const latencyRatio = {
      ratio: 1,
      low: 0.9,
      high: 1.1,
      confidence: 0.95,
      equalWithin: 0.02,
      verdict: 'inconclusive' as const,
      reason: 'noisy',
    };
    const [verdict] = judgeGates(
      [{ metric: 'latencyMsP95', maxRatio: 1 }],
      { ...baseline, latencyMsP95: 3 },
      { ...final, latencyMsP95: 4, latencyRatio },
    );
    expect(verdict).toMatchObject({
      passed: false,
      explanation: expect.stringMatching(/it has no interval, so that noise may have decided$/),
    });
  });

  it('takes identical outputs as an unlimited ratio of signal to noise', () => {
    expect(judgeGates([{ metric: 'outputSnrDb', min: 40 }], baseline, final)[0]).toMatchObject({
      passed: true,
      value: null,
    });
  });

  it('holds only when every bound of a gate holds', () => {
    expect(judgeGates([{ metric: 'bytes', min: 10, max: 50 }], baseline, final)[0]?.passed).toBe(false);
  });
});

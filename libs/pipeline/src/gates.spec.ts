import { lets, type Gate, type ModelMetrics } from '#contracts';
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
      explanation: 'size on disk in bytes is 99, not at most 98: 1 too far',
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

  describe('with a level of confidence', () => {
    const interval = { low: 0.96, high: 0.985, confidence: 0.95, method: 'wilson' as const, samples: 1000 };
    const change = { difference: -0.012, low: -0.02, high: -0.004, pValue: 0.002, test: 'mcnemar' as const };
    const measured = { ...final, top1: 0.968, intervals: { top1: { ...interval, change } } };
    const judged = (gate: Partial<Gate>) =>
      judgeGates([{ metric: 'top1', confidence: 0.95, ...gate }], baseline, measured)[0];

    it.each([
      [
        'passes what is not too far',
        { maxDrop: 0.02 },
        true,
        /-1\.20 % against the baseline.*as asked at most 2\.00 %/,
      ],
      ['does not fail on noise, and says so', { maxDrop: 0.005 }, true, /0\.70 % too far, but within noise/],
      [
        'fails what is too far for certain',
        { maxDrop: 0.003 },
        false,
        /-2\.00 %\.\.-0\.40 %, p = 0\.0020\).*0\.90 % too far$/,
      ],
      ['judges bounds alone likewise', { min: 0.98 }, true, /interval 96\.00 %\.\.98\.50 %\).*but within noise/],
      ['and fails them', { min: 0.99 }, false, /2\.20 % too far$/],
      ['on both sides', { max: 0.95 }, false, /1\.80 % too far$/],
    ])('%s', (_what, gate, passed, words) => {
      expect(judged(gate)).toMatchObject({ passed, explanation: expect.stringMatching(words) });
    });

    it('decides by the figure where there is no interval, and says so', () => {
      const [verdict] = judgeGates([{ metric: 'top1', confidence: 0.95, maxDrop: 0.001 }], baseline, final);
      expect(verdict).toMatchObject({ passed: false, explanation: expect.stringMatching(/noise may have decided$/) });
      const [same] = judgeGates([{ metric: 'top1', confidence: 0.95, maxDrop: 0.001 }], baseline, baseline);
      expect(same?.passed).toBe(true);
    });
  });

  it('asks of what is better low that it does not rise', () => {
    const rates = (cer: number) => ({ ...baseline, cer });
    const [rise, ok] = judgeGates(
      [
        { metric: 'cer', maxRise: 0.01 },
        { metric: 'cer', maxRise: 0.02 },
      ],
      rates(0.03),
      rates(0.05),
    );
    expect(rise).toMatchObject({
      passed: false,
      explanation: 'symbol error rate is 5.00 %, not at most 1.00 % above the baseline of 3.00 %: 1.00 % too far',
    });
    expect(ok?.passed).toBe(true);
  });

  it('says whose gate it is, and lets a job pass that a gate only warns of', () => {
    const [verdict] = judgeGates([{ metric: 'bytes', max: 50, onFail: 'warn' }], baseline, final, { stage: 2 });
    expect(verdict).toMatchObject({ stage: 2, passed: false });
    expect(verdict && lets(verdict)).toBe(true);
  });
});

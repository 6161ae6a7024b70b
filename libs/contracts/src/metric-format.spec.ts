import { formatBytes, formatCount, formatExactly, formatLatencyRatio, formatMetric } from './metric-format.js';

describe('figures', () => {
  it('are written for people', () => {
    expect([0, 999, 1000, 999_999, 1_002_822, 25_000_000_000].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.00 kB',
      '1.00 MB',
      '1.00 MB',
      '25.0 GB',
    ]);
    expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect(formatMetric('top1', 0.97854)).toBe('97.85 %');
    expect(formatMetric('formatBits', 8001)).toBe('1.00 kB');
    expect(formatMetric('latencyMsP50', 0.1234)).toBe('0.123 ms');
  });

  it('give a latency against the baseline its interval, and say where noise leaves it undecided', () => {
    const measured = { ratio: 0.521, low: 0.5, high: 0.54, confidence: 0.95, equalWithin: 0.02, reason: null };
    expect(formatLatencyRatio({ ...measured, verdict: 'faster' })).toBe('× 0.52 (0.50..0.54)');
    expect(formatLatencyRatio({ ...measured, verdict: 'inconclusive' })).toBe('× 0.52 (0.50..0.54), inconclusive');
    expect(formatLatencyRatio({ ...measured, low: null, high: null, verdict: 'inconclusive' })).toBe(
      '× 0.52, inconclusive',
    );
  });

  it('say that outputs are identical rather than nothing', () => {
    expect(formatMetric('outputSnrDb', null)).toBe('identical');
  });

  it('are exact where they are judged', () => {
    expect(formatExactly('bytes', 95_364)).toBe('95,364');
    expect(formatExactly('outputSnrDb', Infinity)).toBe('unlimited');
  });
});

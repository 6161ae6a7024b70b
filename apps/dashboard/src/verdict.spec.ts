import type { Job, StageMetrics } from '#contracts';
import { changesOf } from './verdict.js';

const sizes = (bytes: number) => ({ bytes, compressedBytes: bytes, parameters: 1, nonZeros: 1 });
const changes = (before: Partial<StageMetrics>, after: Partial<StageMetrics>) =>
  changesOf({
    baseline: { ...sizes(1000), ...before },
    stages: [{ metrics: { ...sizes(250), ...after } }],
  } as unknown as Job);

it('sets each figure of the last model beside that of the first', () => {
  const [size, quality, latency] = changes(
    { top1: 0.98, latencyMsP50: 2 },
    { top1: 0.975, latencyMsP50: 1, latencySamplesMs: [0.9, 1, 1, 1.1, 5] },
  );
  expect(size).toMatchObject({ before: '1.00 kB', after: '250 B', change: '÷ 4.00' });
  expect(quality).toMatchObject({
    title: 'Top-1 accuracy',
    before: '98.00 %',
    after: '97.50 %',
    change: '−0.50 points',
  });
  expect(latency).toMatchObject({
    after: '1.000 ms',
    change: '÷ 2.00',
    spread: 'half of 5 runs within 1.000–1.100 ms',
  });
});

it('gives a latency with its interval where it has one', () => {
  const latencyRatio = {
    ratio: 0.5,
    low: 0.45,
    high: 0.55,
    confidence: 0.95,
    equalWithin: 0.02,
    verdict: 'faster',
    reason: null,
  } as const;
  const [, , latency] = changes({ latencyMsP50: 2 }, { latencyMsP50: 1, latencySamplesMs: [1, 1, 1, 1], latencyRatio });
  expect(latency!.change).toBe('× 0.50 (0.45..0.55)');
});

it('judges a task by its first figure, with the interval of the samples and of the change', () => {
  const interval = { low: 0.9, high: 0.96, confidence: 0.95, method: 'wilson', samples: 400 } as const;
  const change = { difference: -0.01, low: -0.02, high: 0.001, pValue: 0.2, test: 'mcnemar' } as const;
  const [, quality] = changes(
    { top1: 0.94 },
    { top1: 0.93, top5: 0.99, outputSnrDb: 20, intervals: { top1: { ...interval, change } } },
  );
  expect(quality).toMatchObject({
    change: '−1.00 points (−2.00..+0.10)',
    spread: '90.00 %–96.00 % of 400 samples, with 95 % confidence',
  });
});

it('says what was not measured, and that outputs are identical', () => {
  expect(changes({}, {})[1]).toMatchObject({ title: 'Top-1 accuracy', after: 'not measured' });
  expect(changes({}, { outputSnrDb: null })[1]).toMatchObject({
    title: 'Output signal-to-noise ratio',
    after: 'identical',
  });
  expect(changes({}, { outputSnrDb: 31.25 })[1]).toMatchObject({
    before: '',
    after: '31.3 dB',
    change: 'against the original',
  });
});

it('has nothing to say before a model was measured', () => {
  expect(changesOf({ baseline: null, stages: [] } as unknown as Job)).toEqual([]);
});

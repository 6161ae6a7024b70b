import type { BenchmarkSamples } from '#contracts';
import type { BenchmarkWork } from '#database';
import { checkSamples, toResult } from './benchmark-result.js';

const [BEFORE, AFTER] = ['a'.repeat(64), 'b'.repeat(64)];
const work = (dims?: number[]) =>
  ({
    models: [
      { digest: BEFORE, label: 'baseline' },
      { digest: AFTER, label: 'quantize' },
    ],
    inputs: dims ? [{ dims }] : [],
    settings: { batch: 1 },
  }) as unknown as BenchmarkWork;
const model = (digest: string, samplesMs: number[], nodes: object[] | null = null) => ({ digest, samplesMs, nodes });
const idle = { temperatureC: null, load: 0, frequencyMhz: null, onBattery: null, throttled: 3 };
const sent = (...models: object[]) =>
  ({ models, blocks: 4, notes: [], before: idle, after: idle }) as unknown as BenchmarkSamples;
const of = { fingerprint: 'f', cores: 2, raw: { digest: 'c'.repeat(64), bytes: 1, name: 'raw.json' } } as never;

describe('samples of a device are refused', () => {
  it.each([
    ['of other models', sent(model(AFTER, [1]), model(BEFORE, [1])), 'in this order'],
    ['of too few models', sent(model(BEFORE, [1])), 'the lease of'],
    ['that do not lie in the same blocks', sent(model(BEFORE, [1, 2]), model(AFTER, [1])), '2 and 1 samples'],
    ['that took no time', sent(model(BEFORE, [1, 2]), model(AFTER, [1, 0])), 'less than a nanosecond'],
  ])('%s', (_what, samples, words) => {
    const refusal = expect.objectContaining({ code: 'benchmark_result', message: expect.stringContaining(words) });
    expect(() => checkSamples(work(), samples)).toThrow(refusal);
  });

  it('for no other reason', () => {
    expect(() => checkSamples(work(), sent(model(BEFORE, [1, 2]), model(AFTER, [3, 4])))).not.toThrow();
  });
});

describe('the figures of a device', () => {
  const slow = Array.from({ length: 40 }, (_, i) => 4 + (i % 2) * 0.01);
  const fast = slow.map((ms) => ms / 2);

  it('hold each model against the baseline, which is held against nothing', () => {
    const { models } = toResult(work(), sent(model(BEFORE, slow), model(AFTER, fast)), of);
    expect(models.map(({ label }) => label)).toEqual(['baseline', 'quantize']);
    expect(models[0]?.latencyRatio).toBeNull();
    expect(models[1]?.latencyRatio?.ratio).toBeCloseTo(0.5, 10);
    expect(models[1]?.latencyRatio?.verdict).toBe('faster');
  });

  it('tell nothing of how models compare where heat lowered the frequency meanwhile', () => {
    const samples = { ...sent(model(BEFORE, slow), model(AFTER, fast)), after: { ...idle, throttled: 4 } };
    const [, after] = toResult(work(), samples as BenchmarkSamples, of).models;
    expect(after?.latencyRatio).toMatchObject({
      verdict: 'inconclusive',
      reason: 'throttled: heat lowered the frequency once meanwhile',
    });
  });

  it('count the samples of a batch, that of the input before that of the settings', () => {
    const samples = sent(model(BEFORE, [4, 4, 4]), model(AFTER, [2, 2, 2]));
    expect(toResult(work(), samples, of).models.map(({ perSecond }) => perSecond)).toEqual([250, 500]);
    expect(toResult(work([8, 3]), samples, of).models.map(({ perSecond }) => perSecond)).toEqual([2000, 4000]);
  });

  it('sum the shares of each provider, where the device profiled', () => {
    const nodes = [
      { provider: 'CPU', share: 0.25 },
      { provider: null, share: 0.5 },
      { provider: 'CPU', share: 0.25 },
    ];
    const { models } = toResult(work(), sent(model(BEFORE, slow, nodes), model(AFTER, fast)), of);
    expect(models.map(({ providers }) => providers)).toEqual([{ CPU: 0.5, unknown: 0.5 }, null]);
  });
});

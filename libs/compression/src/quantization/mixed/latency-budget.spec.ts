import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import { summarizePairs } from '#measurement';
import { Graph } from '#onnx';
import { convNet, randomNumbers } from '#testing';
import { chooseFloat, latencyWarnings, quantizeWithinLatency, type FloatCandidate } from './latency-budget.js';

const candidates: FloatCandidate[] = [
  { node: 'faster as float', noise: 0.1, extraUs: -20 },
  { node: 'noisy', noise: 0.5, extraUs: 50 },
  { node: 'noisy and large', noise: 0.6, extraUs: 500 },
  { node: 'clean', noise: 0.001, extraUs: 10 },
  { node: 'exact', noise: 0, extraUs: 1 },
];

describe('chooseFloat', () => {
  it('leaves float what is faster so, and spends the time it gives back', () => {
    expect(chooseFloat(candidates, 0)).toEqual(['faster as float', 'clean']);
    expect(chooseFloat(candidates, -1000)).toEqual(['faster as float']);
  });

  it('takes the layers that remove most noise per microsecond, and passes over those too slow', () => {
    expect(chooseFloat(candidates, 45)).toEqual(['faster as float', 'noisy', 'clean']);
    expect(chooseFloat(candidates, 535)).toEqual(['faster as float', 'noisy', 'noisy and large']);
  });

  it('never leaves a layer float that loses nothing', () => {
    expect(chooseFloat(candidates, 10_000)).toEqual(['faster as float', 'noisy', 'noisy and large', 'clean']);
  });
});

describe('latencyWarnings', () => {
  const speed = summarizePairs([2, 2.1, 1.9, 2, 2.2, 2.05].map((ratio) => [ratio, 1]));

  it('tell what is out of reach, and where noise may have decided', () => {
    expect(latencyWarnings(speed, 0.8, true)).toEqual([]);
    expect(latencyWarnings(speed, 0.3, false)).toEqual([
      expect.stringMatching(/^mixed precision: latency 0\.3 is out of/),
    ]);
    expect(latencyWarnings(speed, 0.5, true)).toEqual([
      expect.stringMatching(/whether latency 0\.5 is met is within noise: .* takes 0\.49 of .*interval 1\.90\.\.2\.20/),
    ]);
    expect(latencyWarnings({ ...speed, low: null, high: null }, 0.3, false)).toHaveLength(2);
  });
});

describe('quantizeWithinLatency', () => {
  const random = randomNumbers(3);
  const batches = () => () => [{ x: float32([2, 1, 8, 8], Float32Array.from({ length: 128 }, random)) }];
  const options = QuantizeOptions.parse({ minProducts: 0 });

  it('leaves every layer float that has noise where there is time enough, with the reason', async () => {
    const model = convNet();
    const { layers, skipped } = await quantizeWithinLatency(model, 100, options, batches, { threads: 1, seed: 0 });
    expect(layers).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual(
      Array(3).fill(expect.stringMatching(/^left float: .* the latency allows it/)),
    );
    expect(new Graph(model).nodes.some(({ opType }) => opType === 'QuantizeLinear')).toBe(false);
  });

  it('quantizes throughout and says so where no model is fast enough', async () => {
    const { layers, warnings } = await quantizeWithinLatency(convNet(), 1e-6, options, batches, {
      threads: 1,
      seed: 0,
    });
    expect(layers).toHaveLength(3);
    expect(warnings).toContainEqual(expect.stringContaining('latency 0.000001 is out of reach'));
  });

  it('needs data to time the model on', async () => {
    await expect(
      quantizeWithinLatency(convNet(), 1, QuantizeOptions.parse({ scheme: 'dynamic' }), null, { threads: 1, seed: 0 }),
    ).rejects.toMatchObject({ code: 'mixed_precision' });
  });
});

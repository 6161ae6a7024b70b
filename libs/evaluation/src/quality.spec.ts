import { float32 } from '#inference';
import { scored } from './tasks/scored.fixture.js';

describe('a figure without an interval says why', () => {
  it('of one sample', async () => {
    const { scores, skipped } = await scored({
      task: 'regression',
      size: 1,
      targets: { values: [1], dims: [1] },
      models: [{ y: float32([1, 1], [3]) }, { y: float32([1, 1], [2]) }],
    });
    expect(scores.map(({ mae, intervals }) => [mae, intervals])).toEqual([[2, undefined], [1, undefined]]); // prettier-ignore
    const reason = 'no interval: one sample tells nothing of how others vary';
    expect(skipped).toEqual(['mae', 'rmse', 'outputSnrDb'].map((node) => ({ node, reason })));
  });

  it('of outputs that differ in one sample of many, so that most draws have no noise at all', async () => {
    const exact = Array.from({ length: 40 }, () => [1, 2]).flat();
    const noisy = exact.map((value, i) => value + (i === 0 ? 0.1 : 0));
    const models = [exact, noisy].map((values) => ({ y: float32([40, 2], values) }));
    const { scores, skipped } = await scored({ task: null, size: 40, models });
    expect(scores[1]?.outputSnrDb).toBeCloseTo(10 * Math.log10(200 / 0.01), 3);
    expect(scores[1]?.intervals).not.toHaveProperty('outputSnrDb');
    expect(skipped).toContainEqual({ node: 'outputSnrDb', reason: expect.stringContaining('outputs are identical') });
  });
});

it('the interval of the ratio of signal to noise counts an output of zeros as the ratio does', async () => {
  const exact = Array.from({ length: 60 }, (_, i) => 1 + (i % 3));
  const noisy = exact.map((value, i) => value + (i % 2 ? 0.1 : -0.1));
  const zeros = float32([60, 1], new Float32Array(60));
  const models = [exact, noisy].map((values) => ({ y: float32([60, 1], values), zeros }));
  const { scores } = await scored({ task: null, size: 60, models });
  const { outputSnrDb = 0, intervals } = scores[1] ?? {};
  const { low = 0, high = 0 } = intervals?.outputSnrDb ?? {};
  // Half of the outputs have no noise: 3 dB above that of the one that has.
  expect(outputSnrDb).toBeCloseTo(10 * Math.log10((2 * 280) / 0.6), 3);
  expect(low).toBeLessThan(outputSnrDb!);
  expect(high).toBeGreaterThan(outputSnrDb!);
});

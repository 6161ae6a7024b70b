import { Session, float32 } from '#inference';
import { elementCount, readModel, writeModel } from '#onnx';
import { convNet, mlp } from './graphs.js';
import { largestDifference, signalToNoiseDb } from './tolerances.js';

describe('largestDifference', () => {
  it('allows the larger of small absolute and relative differences', () => {
    expect(largestDifference([1.0001, 0], [1, 1e-7], { absolute: 1e-6, relative: 1e-3 }).excess).toBeLessThan(1);
  });

  it('names the worst element', () => {
    expect(largestDifference([1, 2, 4], [1, 2.1, 3])).toMatchObject({ index: 2, got: 4, expected: 3 });
  });

  it('never takes NaN, infinities or missing elements for close', () => {
    expect(largestDifference([NaN], [1]).excess).toBe(Infinity);
    expect(largestDifference([1], [Infinity]).excess).toBe(Infinity);
    expect(largestDifference([1], [1, 2]).excess).toBe(Infinity);
    expect(largestDifference([NaN, Infinity], [NaN, Infinity]).excess).toBe(0);
  });
});

it('snrDb is 20 dB per factor of ten', () => {
  expect(signalToNoiseDb([1.1], [1])).toBeCloseTo(20);
  expect(signalToNoiseDb([1], [1])).toBe(Infinity);
});

describe.each([
  ['mlp', mlp, [2, 8]],
  ['convNet', convNet, [2, 1, 8, 8]],
] as const)('%s', (_, build, dims) => {
  it('is a valid model that runs, the same for the same seed', async () => {
    const bytes = writeModel(build());
    expect(Buffer.compare(writeModel(build()), bytes)).toBe(0);
    const session = await Session.create(writeModel(readModel(bytes)));
    const { logits } = await session.run({ x: float32(dims, new Float32Array(elementCount(dims)).fill(0.5)) });
    await session.release();
    expect(logits!.dims).toEqual([2, 4]);
    expect((logits!.data as Float32Array).every(Number.isFinite)).toBe(true);
  });
});

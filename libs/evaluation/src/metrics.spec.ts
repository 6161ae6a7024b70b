import { outputSnrDb, rankOf, topK } from './metrics.js';

const scored = (output: number[][], labels: number[]) => ({
  output: output.flat(),
  reference: output.flat(),
  labels: Int32Array.from(labels),
  size: labels.length,
});

describe('topK', () => {
  it('counts over batches of any size', () => {
    const accumulator = topK(1);
    accumulator.add(
      scored(
        [
          [1, 2, 3],
          [3, 2, 1],
        ],
        [2, 1],
      ),
    );
    accumulator.add(scored([[0, 1, 0]], [1]));
    expect(accumulator.value()).toBeCloseTo(2 / 3);
  });

  it('has no value without labels', () => {
    const accumulator = topK(1);
    accumulator.add({ ...scored([[1, 2]], [0]), labels: null });
    expect(accumulator.value()).toBeUndefined();
  });

  it('gives a tie to the class of the lower number, as argmax does', () => {
    expect([0, 1, 2].map((label) => rankOf([1, 1, 1], 0, 3, label))).toEqual([0, 1, 2]);
    expect(rankOf([9, 9, 5, 5], 2, 2, 1)).toBe(1);
  });

  it('never counts a constant or broken output as right for every class', () => {
    const constant = topK(1);
    constant.add(
      scored(
        Array.from({ length: 10 }, () => Array(10).fill(0) as number[]),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      ),
    );
    expect(constant.value()).toBe(0.1);
    const broken = topK(5);
    broken.add(scored([[NaN, NaN, NaN]], [0]));
    expect(broken.value()).toBe(0);
    expect(rankOf([NaN, 1], 0, 2, 1)).toBe(1);
  });
});

function snr(reference: number[], output: number[]) {
  const accumulator = outputSnrDb();
  for (let i = 0; i < reference.length; i++)
    accumulator.add({ reference: [reference[i]!], output: [output[i]!], labels: null, size: 1 });
  return accumulator.value();
}

describe('outputSnrDb', () => {
  it('is ten times the decimal logarithm of signal over noise power', () => {
    expect(snr([3, 4], [3, 4.5])).toBeCloseTo(20);
    expect(snr([1, 1], [0, 0])).toBeCloseTo(0);
  });

  it('is null for identical outputs, and has no value for a silent baseline or outputs that are not finite', () => {
    expect(snr([1, 2], [1, 2])).toBeNull();
    expect(snr([0], [1])).toBeUndefined();
    expect(snr([1], [NaN])).toBeUndefined();
    expect(snr([1], [Infinity])).toBeUndefined();
  });
});

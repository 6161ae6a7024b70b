import { outputSnrDb } from './output-snr.js';

function snr(reference: number[], output: number[]) {
  const accumulator = outputSnrDb();
  for (let i = 0; i < reference.length; i++) accumulator.add({ reference: [reference[i]!], output: [output[i]!] });
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

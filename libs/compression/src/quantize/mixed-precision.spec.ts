import { chooseWidths, type WidthCandidate } from './mixed-precision.js';

const robust: WidthCandidate = { node: 'robust', elements: 900, noise: { 8: 0, 4: 0.001, 2: 0.01 } };
const fragile: WidthCandidate = { node: 'fragile', elements: 100, noise: { 8: 0, 4: 0.05, 2: 0.5 } };

describe('chooseWidths', () => {
  it('keeps every layer at 8 bits when the budget allows it', () => {
    expect(chooseWidths([robust, fragile], 8).bits).toEqual({ robust: 8, fragile: 8 });
  });

  it('narrows the layer that loses least per bit saved', () => {
    expect(chooseWidths([robust, fragile], 4.5).bits).toEqual({ robust: 4, fragile: 8 });
  });

  it('stays within the budget whenever 2 bits everywhere do', () => {
    for (const budget of [2, 2.5, 3, 4, 6]) {
      const { bits } = chooseWidths([robust, fragile], budget);
      expect((bits['robust']! * 900 + bits['fragile']! * 100) / 1000).toBeLessThanOrEqual(budget);
    }
  });

  it('returns a curve from 8 bits to 2 on which noise only grows', () => {
    const { curve } = chooseWidths([robust, fragile], 4);
    expect(curve[0]!.averageBits).toBe(8);
    expect(curve.at(-1)!.averageBits).toBe(2);
    const noises = curve.map((point) => point.noise);
    expect(noises).toEqual(noises.toSorted((a, b) => a - b));
  });
});

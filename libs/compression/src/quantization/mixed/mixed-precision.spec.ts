import { paretoPlans, uniformPlan, widthCandidates, type WidthCandidate } from './mixed-precision.js';
import type { LayerSensitivity } from './sensitivity.js';

const robust: WidthCandidate = { node: 'robust', elements: 900, noise: { 8: 0.0001, 4: 0.001, 2: 0.01 } };
const fragile: WidthCandidate = { node: 'fragile', elements: 100, noise: { 8: 0.0001, 4: 0.05, 2: 0.5 } };

const storedBits = (bits: Record<string, number>) => (bits['robust']! * 900 + bits['fragile']! * 100) / 1000;

describe('paretoPlans', () => {
  it('goes from 8 bits everywhere to 2 everywhere, each narrower plan noisier', () => {
    const plans = paretoPlans([robust, fragile]);
    expect(plans[0]).toMatchObject({ bits: { robust: 8, fragile: 8 }, averageBits: 8 });
    expect(plans.at(-1)).toMatchObject({ bits: { robust: 2, fragile: 2 }, averageBits: 2 });
    expect(plans.map(({ averageBits }) => averageBits)).toEqual(
      plans.map(({ averageBits }) => averageBits).toSorted((a, b) => b - a),
    );
    expect(plans.map(({ noise }) => noise)).toEqual(plans.map(({ noise }) => noise).toSorted((a, b) => a - b));
  });

  it('tells the size and noise of the widths it lists', () => {
    for (const { bits, averageBits, noise } of paretoPlans([robust, fragile])) {
      expect(storedBits(bits)).toBeCloseTo(averageBits);
      expect(robust.noise[bits['robust']!]! + fragile.noise[bits['fragile']!]!).toBeCloseTo(noise);
    }
  });

  it('holds the best of all assignments for every budget', () => {
    const widths = [8, 4, 2] as const;
    const layers = [3, 5, 8, 13].map((elements, i): WidthCandidate => ({
      node: `l${i}`,
      elements,
      noise: { 8: 0.01 / elements, 4: 0.1 + i / 10, 2: 1 + ((i * 7) % 4) },
    }));
    const all = widths.flatMap((a) => widths.flatMap((b) => widths.flatMap((c) => widths.map((d) => [a, b, c, d]))));
    const plans = paretoPlans(layers);
    for (const budget of [2, 2.4, 3, 3.7, 4, 5.5, 8]) {
      const fitting = all.filter(
        (bits) => bits.reduce((sum, width, i) => sum + width * layers[i]!.elements, 0) / 29 <= budget,
      );
      const least = Math.min(
        ...fitting.map((bits) => bits.reduce((sum, width, i) => sum + layers[i]!.noise[width]!, 0)),
      );
      expect(plans.find(({ averageBits }) => averageBits <= budget)!.noise).toBeCloseTo(least);
    }
  });

  it('stays small and keeps both ends with many layers', () => {
    const layers = Array.from({ length: 40 }, (_, i): WidthCandidate => ({
      node: `l${i}`,
      elements: 101 + 37 * i,
      noise: { 8: 1e-4 * (i + 1), 4: 1e-2 * ((i % 7) + 1), 2: 0.05 + (i % 5) },
    }));
    const plans = paretoPlans(layers);
    expect(plans.length).toBeLessThanOrEqual(4096 + 2);
    expect([plans[0]!.averageBits, plans.at(-1)!.averageBits]).toEqual([8, 2]);
    const four = plans.find(({ averageBits }) => averageBits <= 4)!;
    expect(four.averageBits).toBeGreaterThan(3.95);
    expect(four.noise).toBeLessThan(uniformPlan(layers, 4).noise);
  });

  it('keeps the widths that the options name, and counts 3 bits as the 4 they are stored in', () => {
    const costs = ([8, 4, 3, 2] as const).map((bits) => ({ bits, weightSnrDb: 6 * bits, outputSnrDb: 6 * bits }));
    const sensitivities = ['free', 'named'].map((node): LayerSensitivity => ({
      node,
      opType: 'Conv',
      elements: 100,
      widths: costs,
    }));
    const candidates = widthCandidates(sensitivities, [undefined, 3]);
    expect(paretoPlans(candidates).map(({ bits, averageBits }) => [bits['free'], bits['named'], averageBits])).toEqual([
      [8, 3, 6],
      [4, 3, 4],
      [2, 3, 3],
    ]);
    expect(uniformPlan(candidates, 2)).toMatchObject({ bits: { free: 2, named: 3 }, averageBits: 3 });
  });
});

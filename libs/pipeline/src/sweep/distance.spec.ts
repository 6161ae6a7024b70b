import type { RecipeGate } from '#contracts';
import { distanceOf, limitsOf } from './distance.js';

const gate = (bounds: object) => ({ metric: 'bytes', ...bounds }) as unknown as RecipeGate;

describe('the bounds of a constraint', () => {
  it('are values of its figure: those against the baseline stand so far from it', () => {
    const bounds = { max: 7, min: 1, maxDrop: 2, maxRise: 3, maxRatio: 0.5 };
    expect(limitsOf(bounds, 10)).toEqual([
      { limit: 7, sign: 1 },
      { limit: 1, sign: -1 },
      { limit: 8, sign: -1 },
      { limit: 13, sign: 1 },
      { limit: 5, sign: 1 },
    ]);
  });

  it('are unknown against a baseline that was not measured', () => {
    expect(limitsOf({ max: 7, maxRise: 3 }, undefined)).toEqual([
      { limit: 7, sign: 1 },
      { limit: undefined, sign: 1 },
    ]);
  });
});

describe('the distance of a constraint', () => {
  it('is that of its worst reading in units of its limit, negative where it holds', () => {
    const readings = [50, 80].map((value) => ({ value, baseline: undefined }));
    expect(distanceOf(gate({ max: 100 }), true, readings)).toBeCloseTo(-0.2, 10);
    expect(distanceOf(gate({ max: 40 }), false, readings)).toBeCloseTo(1, 10);
  });

  it('follows the verdict where noise decides: never above 0 for one that holds, never 0 for one that does not', () => {
    const reading = [{ value: 101, baseline: undefined }];
    expect(distanceOf(gate({ max: 100 }), true, reading)).toBe(0);
    expect(distanceOf(gate({ max: 102 }), false, reading)).toBeGreaterThan(0);
  });

  it('counts a tenth of a share as one, and far away what was not measured', () => {
    const share = { metric: 'top1', min: 0.9 } as unknown as RecipeGate;
    expect(distanceOf(share, false, [{ value: 0.7, baseline: undefined }])).toBeCloseTo(2, 10);
    expect(distanceOf(share, false, [{ value: undefined, baseline: undefined }])).toBe(10);
  });
});

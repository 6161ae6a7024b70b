import { PruneOptions } from '#contracts';
import { mlp } from '#testing';
import { UnknownLayerError } from '../../errors.js';
import { limitOf, limitsOfRest } from '../../pruning/channels/layer-limits.js';
import { prunePass } from './prune.js';

describe('limits of layers', () => {
  it('takes the least limit whose pattern fits, and everything where none does', () => {
    const limits = { '/features.*/Conv': 0.5, '/features.1/Conv': 0.2 };
    expect(limitOf(limits, ['/features.1/Conv'])).toBe(0.2);
    expect(limitOf(limits, ['/features.12/Conv'])).toBe(0.5);
    expect(limitOf(limits, ['/featuresX1/Conv', '/head/Gemm'])).toBe(1);
  });

  it('holds over the steps of a schedule', () => {
    const left = (1 - 0.2) * (1 - limitsOfRest({ a: 0.4 }, 0.2)['a']!);
    expect(left).toBeCloseTo(1 - 0.4, 12);
    expect(limitsOfRest({ a: 0.4 }, 0.6)['a']).toBe(0);
  });

  it.each([{ layerLimits: { nowhere: 0.5 } }, { exclude: ['nowhere'] }])(
    'refuses a layer that the model does not have: %j',
    (given) => {
      expect(() => prunePass.preflight(mlp(), PruneOptions.parse(given))).toThrow(UnknownLayerError);
    },
  );
});

import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import { GraphBuilder, type ModelProto } from '#onnx';
import { clippedShare } from './histogram.js';
import { compareValues } from './compare.js';
import type { LayerReport } from './static.js';
import { costliestLayers, warningsFor } from './verdict.js';

/** x -> Add(1 + noise) -> a -> Mul(2) -> y */
function model(noise: number): ModelProto {
  const b = new GraphBuilder();
  b.input('x', [4]);
  b.op('Mul', [b.op('Add', ['x', b.float(1 + noise)], {}, { outputs: ['a'] }), b.float(2)], {}, { outputs: ['y'] });
  b.output('y', [4]);
  return b.build();
}

const batches = () => [{ x: float32([4], [0, 0, 0, 0]) }, { x: float32([4], [1, 1, 1, 1]) }];
const layer = (node: string, outputSnrDb: number | null): LayerReport => ({ node, opType: 'Conv', input: 'x', bits: 8, scaleMin: 1, scaleMax: 1, weightSnrDb: 40, outputSnrDb });

describe('compareValues', () => {
  it('gives the SNR over all batches of each value, null where nothing differs', async () => {
    expect(await compareValues(model(0), model(0), ['a', 'y'], batches, { threads: 1 })).toEqual(new Map([['a', null], ['y', null]]));
    const snrs = await compareValues(model(0), model(0.1), ['a'], batches, { threads: 1 });
    expect(snrs.get('a')).toBeCloseTo(10 * Math.log10((1 + 4) / (2 * 0.01)), 3);
  });
});

describe('what the report says', () => {
  it('names the noisiest layers first', () => {
    expect(costliestLayers([layer('clean', 40), layer('noisy', 9.26), layer('exact', null)])).toBe('noisiest outputs: noisy (8 bits, 9.3 dB), clean (8 bits, 40.0 dB)');
  });

  it('warns of a slower model, of saturating weights and of an operator for one target', () => {
    const warnings = (given: Partial<QuantizeOptions>, speedup = 2) => warningsFor(QuantizeOptions.parse(given), [layer('a', 30)], { floatMs: speedup, quantizedMs: 1, speedup });
    expect(warnings({})).toEqual([]);
    expect(warnings({}, 0.5)).toEqual([expect.stringContaining('slower than the float model')]);
    expect(warnings({ reduceRange: false })).toEqual([expect.stringContaining('VNNI')]);
    expect(warnings({ scheme: 'dynamic', target: 'web' })).toEqual([expect.stringContaining('WebAssembly')]);
  });

  it('counts as saturated what lies beyond the range', () => {
    const histogram = { min: 0, max: 4, counts: Float64Array.of(90, 5, 4, 1) };
    expect(clippedShare(histogram, { min: 0, max: 3 })).toBeCloseTo(0.01);
    expect(clippedShare(histogram, { min: 0, max: 4 })).toBe(0);
  });
});

import { QuantizeOptions } from '#contracts';
import type { OutputQuality, Speedup } from '#evaluation';
import { float32 } from '#inference';
import { GraphBuilder, type ModelProto } from '#onnx';
import { clippedShare } from '../calibration/histogram.js';
import { compareValues } from './compare.js';
import type { LayerReport } from '../report.js';
import { int8DotProductIn } from './cpu.js';
import { costliestLayers } from './costliest-layers.js';
import { warningsFor, type ResultFacts } from './warnings.js';

/** x -> Add(1 + noise) -> a -> Mul(2) -> y */
function model(noise: number): ModelProto {
  const b = new GraphBuilder();
  b.input('x', [4]);
  b.op('Mul', [b.op('Add', ['x', b.float(1 + noise)], {}, { outputs: ['a'] }), b.float(2)], {}, { outputs: ['y'] });
  b.output('y', [4]);
  return b.build();
}

const batches = () => [{ x: float32([4], [0, 0, 0, 0]) }, { x: float32([4], [1, 1, 1, 1]) }];
const layer = (node: string, outputSnrDb: number | null): LayerReport => ({
  node,
  opType: 'Conv',
  input: 'x',
  bits: 8,
  scaleMin: 1,
  scaleMax: 1,
  weightSnrDb: 40,
  outputSnrDb,
  ...(outputSnrDb === null ? {} : { aloneSnrDb: 50 - outputSnrDb }),
});

describe('compareValues', () => {
  it('gives the SNR over all batches of each value, null where nothing differs', async () => {
    expect(await compareValues(model(0), model(0), ['a', 'y'], batches, { threads: 1 })).toEqual(
      new Map([
        ['a', null],
        ['y', null],
      ]),
    );
    const snrs = await compareValues(model(0), model(0.1), ['a'], batches, { threads: 1 });
    expect(snrs.get('a')).toBeCloseTo(10 * Math.log10((1 + 4) / (2 * 0.01)), 3);
  });
});

describe('what the report says', () => {
  it('names the layers that add most noise, and those whose output has most', () => {
    expect(costliestLayers([layer('clean', 40), layer('noisy', 9.26), layer('exact', null)])).toBe(
      'most noise of their own: clean (8 bits, 10.0 dB), noisy (8 bits, 40.7 dB); noisiest outputs: noisy (8 bits, 9.3 dB), clean (8 bits, 40.0 dB)',
    );
  });

  const speed = (speedup: number, spread = 1.1): Speedup => {
    const [low, high] = [speedup / spread, speedup * spread];
    const verdict = low > 1 ? 'faster' : high < 1 ? 'slower' : 'inconclusive';
    return {
      beforeMs: speedup,
      afterMs: 1,
      speedup,
      low,
      high,
      pairs: 25,
      verdict,
      reason: null,
      equalWithin: 0.02,
      confidence: 0.95,
      comparisons: 1,
    };
  };
  it('says what was not measured, and never that nothing was lost there', () => {
    const weighed = (weightSnrDb: number | null): LayerReport => ({
      node: 'w',
      opType: 'Conv',
      input: 'x',
      bits: 8,
      scaleMin: 1,
      scaleMax: 1,
      weightSnrDb,
    });
    expect(costliestLayers([])).toBe('nothing was stored in fewer bits');
    expect(costliestLayers([weighed(7.6)])).toBe(
      'weights that lost most: w (8 bits, 7.6 dB); what layers give was not measured',
    );
    expect(costliestLayers([weighed(null)])).toBe('what layers give was not measured');
    expect(costliestLayers([], [{ tensor: 't', bits: 16, weightSnrDb: 0 }])).toContain(
      'weights that lost most: t (16 bits, 0.0 dB)',
    );
    expect(costliestLayers([layer('exact', null)])).toContain('weights that lost most: exact');
    expect(costliestLayers([{ ...layer('exact', null), weightSnrDb: null }])).toBe('no layer lost anything');
  });

  const quality = (snrDb: number | null | undefined): OutputQuality => ({
    output: 'y',
    isFinite: true,
    ...(snrDb === undefined ? { reason: 'the baseline gives only zeros' } : { snrDb }),
    channels: 0,
    poorChannels: 0,
    silentChannels: 0,
  });
  const facts = (given: Partial<ResultFacts> = {}): ResultFacts => ({
    layers: [layer('a', 30)],
    outputs: [quality(30)],
    probabilities: new Set(),
    speed: speed(2),
    int8DotProduct: false,
    ...given,
  });
  const warnings = (options: Partial<QuantizeOptions>, given: Partial<ResultFacts> = {}) =>
    warningsFor(QuantizeOptions.parse(options), facts(given));

  it('warns of a slower model, of saturating weights and of an operator for one target', () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({}, { speed: speed(0.5) })).toEqual([
      expect.stringMatching(/slower than the float model on this machine, whose CPU has no int8 dot products/),
    ]);
    expect(warnings({ reduceRange: false })).toEqual([expect.stringContaining('without VNNI, as this one does')]);
    expect(warnings({ reduceRange: false }, { int8DotProduct: true })).toEqual([
      expect.stringContaining('without VNNI, this one has it'),
    ]);
    expect(warnings({ scheme: 'dynamic', target: 'web' })).toEqual([expect.stringContaining('WebAssembly')]);
  });

  it('calls a model slower only where the interval of the measurement leaves no doubt', () => {
    expect(warnings({}, { speed: speed(0.8, 1.5) })).toEqual([]);
    expect(
      warnings({}, { speed: { ...speed(0.5), low: null, high: null, pairs: 2, verdict: 'inconclusive' } }),
    ).toEqual([]);
  });

  it.each<[string, object, RegExp]>([
    ['by a clock', {}, /0\.50x.*; whereSlower: auto lets layers compute in floats where that is faster/],
    ['where a clock was asked', { whereSlower: 'auto' }, /; try opTypes, exclude or a lower minProducts/],
    ['where mixed has its own goal', { mixed: { bytes: 0.2 } }, /; try opTypes, exclude/],
    ['of other schemes', { scheme: 'dynamic' }, /; try opTypes, exclude/],
  ])('says what may help a slower model: layers in floats %s', (_case, options, advice) => {
    expect(warnings(options, { speed: speed(0.5) })).toEqual([expect.stringMatching(advice)]);
  });

  it('advises no clock where no layer computes in integers', () => {
    const inFloats = { ...layer('a', 30), computesIn: 'float' as const };
    expect(warnings({}, { speed: speed(0.5), layers: [inFloats] })).toEqual([expect.stringContaining('try opTypes')]);
  });

  it('warns loudly of poor outputs, naming the layers', () => {
    expect(warnings({}, { outputs: [quality(-19)] })).toEqual([
      expect.stringMatching(/^POOR OUTPUTS: "y" .* -19\.0 dB .*noisiest outputs: a/),
    ]);
    expect(warnings({}, { outputs: [quality(null)] })).toEqual([]);
    expect(warnings({}, { outputs: null })).toEqual([]);
  });

  it('names the output and the channel that are worst, however good the others are', () => {
    const boxes: OutputQuality = {
      output: 'boxes',
      isFinite: true,
      snrDb: 53,
      channels: 4,
      poorChannels: 1,
      silentChannels: 0,
      poorChannel: { axis: 1, channel: 2, snrDb: 4.4 },
    };
    expect(warnings({}, { outputs: [quality(30), boxes] })).toEqual([
      expect.stringMatching(
        /^POOR OUTPUTS: "boxes", channel 2 of axis 1 keeps a signal to noise of 4\.4 dB.*1 of 4 channels of "boxes" are poor/,
      ),
    ]);
  });

  it('says of outputs without a figure why there is none', () => {
    expect(warnings({}, { outputs: [quality(undefined)] })).toEqual([
      'output "y" was not compared: the baseline gives only zeros',
    ]);
    expect(warnings({}, { outputs: [] })).toEqual([expect.stringContaining('were not compared')]);
  });

  it('warns of few calibration samples, with scheme static alone', () => {
    expect(warnings({}, { samples: 8 })).toEqual([
      expect.stringMatching(/^few calibration samples: 8, where 32 is little/),
    ]);
    expect(warnings({}, { samples: 32 })).toEqual([]);
    expect(warnings({ scheme: 'dynamic' }, { samples: 8 })).toEqual([]);
  });

  it('says when nothing was done, and then nothing of speed', () => {
    expect(warnings({}, { layers: [], speed: speed(0.5) })).toEqual([expect.stringContaining('nothing was quantized')]);
  });

  it('reads from the system whether the CPU has int8 dot products', () => {
    expect(int8DotProductIn('processor\t: 0\nflags\t\t: fpu avx2 avx512_vnni\n')).toBe(true);
    expect(int8DotProductIn('processor\t: 0\nflags\t\t: fpu avx2\n')).toBe(false);
    expect(int8DotProductIn('Features\t: fp asimd asimddp\n')).toBe(true);
    expect(int8DotProductIn('nothing of the kind')).toBeNull();
  });

  it('counts as saturated what lies beyond the range', () => {
    const histogram = { min: 0, max: 4, counts: Float64Array.of(90, 5, 4, 1) };
    expect(clippedShare(histogram, { min: 0, max: 3 })).toBeCloseTo(0.01);
    expect(clippedShare(histogram, { min: 0, max: 4 })).toBe(0);
  });
});

import type { SweepDocument } from '#contracts';
import { SweepError } from '../errors.js';
import { asksForLayers, withEachLayer } from './each-layer.js';
import { parseSweep } from './parse-sweep.js';
import { planSweep } from './sweep-plan.js';

const layer = (name: string, opType = 'Conv', elements = 9) => ({ name, opType, elements });
const LAYERS = [
  layer('conv1'),
  layer('conv1_relu', 'Relu', 0),
  layer('conv2'),
  layer('conv_sum', 'Add', 4),
  layer('conv_product', 'MatMul', 0),
  layer('fc', 'Gemm'),
];
const BITS = { grid: [8, 4] };
const EACH = { ...BITS, each: true };
const ENDS = { choice: ['same', 'bits8'] };

const quantize = (options: object, rest: object = {}): SweepDocument =>
  parseSweep({ passes: [{ pass: 'quantize', options }], objectives: [{ metric: 'bytes' }], ...rest });
const spread = async (document: SweepDocument, layers = LAYERS) => (await withEachLayer(document, layers)).passes;
const problems = async (document: SweepDocument, layers = LAYERS) => {
  const error: unknown = await withEachLayer(document, layers)
    .then(planSweep)
    .catch((cause: unknown) => cause);
  if (!(error instanceof SweepError)) throw error;
  return error.problems;
};

describe('a range for each layer of a pattern', () => {
  it('is a range for each layer that fits and has weights, each a parameter of its own', async () => {
    const document = quantize({ layerBits: { 'conv*': { ...EACH, when: { 'quantize.ends': 'same' } } }, ends: ENDS });
    expect(asksForLayers(document)).toBe(true);
    const named = await withEachLayer(document, LAYERS);
    const range = { ...BITS, when: { 'quantize.ends': 'same' } };
    expect(named.passes[0]?.options).toEqual({ layerBits: { conv1: range, conv2: range }, ends: ENDS });
    expect(asksForLayers(named)).toBe(false);
    expect(planSweep(named).space.parameters.map(({ name }) => name)).toEqual([
      'quantize.ends',
      'quantize.layerBits.conv1',
      'quantize.layerBits.conv2',
    ]);
  });

  it('leaves a layer to its own entry and to the first pattern that fits, as the option itself does', async () => {
    const own = await spread(quantize({ layerBits: { '*': EACH, conv1: 8 } }));
    expect(own[0]?.options).toEqual({ layerBits: { conv1: 8, conv2: BITS, fc: BITS } });
    const first = await spread(quantize({ layerBits: { 'conv*': BITS, '*': EACH } }));
    expect(first[0]?.options).toEqual({ layerBits: { 'conv*': BITS, fc: BITS } });
    const two = await spread(quantize({ layerBits: { '*': EACH, fc: { grid: [8, 2], each: true } } }));
    expect(two[0]?.options).toEqual({ layerBits: { conv1: BITS, conv2: BITS, fc: { grid: [8, 2] } } });
  });

  it('gives none to layers that the step excludes, or whose operator it leaves alone', async () => {
    const excluded = await spread(quantize({ layerBits: { '*': EACH }, exclude: ['conv*'] }));
    expect(excluded[0]?.options['layerBits']).toEqual({ fc: BITS });
    const convolutions = await spread(quantize({ layerBits: { '*': EACH }, opTypes: ['Conv'] }));
    expect(convolutions[0]?.options['layerBits']).toEqual({ conv1: BITS, conv2: BITS });
    const prune = [{ pass: 'prune', options: { layerLimits: { '*': EACH } } }];
    const pruned = await spread(quantize({}, { passes: prune }), [layer('up', 'ConvTranspose'), layer('rnn', 'GRU')]);
    expect(Object.keys(pruned[0]?.options['layerLimits'] as object)).toEqual(['up', 'rnn']);
  });

  it('that gives no layer anything is refused with the names that there are', async () => {
    const field = 'passes[0].options.layerBits.cnv*';
    const none = await problems(quantize({ layerBits: { 'cnv*': EACH } }));
    expect(none).toEqual([{ field, message: '"cnv*" fits no layer: choose from conv1, conv2, fc' }]);
    const taken = await problems(quantize({ layerBits: { '*': 8, 'c*': EACH } }));
    expect(taken[0]?.message).toContain('has an entry of its own, or one ahead of it');
    const many = Array.from({ length: 25 }, (_, at) => layer(`c${at}`));
    expect((await problems(quantize({ layerBits: { x: EACH } }), many))[0]?.message).toContain('c19 and 5 more');
    const weightless = await problems(quantize({ layerBits: { '*': EACH } }), [layer('relu', 'Relu', 0)]);
    expect(weightless[0]?.message).toContain('the model has no layer');
  });

  it('is refused for more layers than a sweep has parameters, and where it would be too large', async () => {
    const many = Array.from({ length: 1001 }, (_, at) => layer(`c${at}`));
    const message = expect.stringContaining('it stands for 1001 layers, more than a sweep has room for') as string;
    const field = 'passes[0].options.layerBits.*';
    expect(await problems(quantize({ layerBits: { '*': EACH } }), many)).toEqual([{ field, message }]);
    const large = { choice: ['x'.repeat(2 ** 18)], each: true };
    const twenty = many.slice(0, 20);
    expect((await problems(quantize({ layerBits: { '*': large } }), twenty))[0]?.message).toContain('4 MiB');
    const both = { layerBits: { '*': EACH }, layerActivationBits: { '*': EACH } };
    expect((await problems(quantize(both), many.slice(0, 501)))[0]?.message).toContain('1002 parameters');
  });

  it('is refused where no pattern names layers, and with a name, which all would share', async () => {
    const message = expect.stringContaining('within layerBits, layerActivationBits, layerLimits alone') as string;
    const asRatio = quantize({ weightBits: EACH, layerBits: '$bits' }, { parameters: { bits: EACH } });
    expect(asksForLayers(asRatio)).toBe(false);
    expect(await problems(asRatio)).toEqual([
      { field: 'parameters.bits.each', message },
      { field: 'passes[0].options.weightBits.each', message },
    ]);
    const named = await problems(quantize({ layerBits: { '*': { ...EACH, name: 'bits' } } }));
    expect(named[0]?.message).toContain('leave name out');
  });
});

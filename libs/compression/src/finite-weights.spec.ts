import { PASSES, type PassName } from '#contracts';
import { Graph, GraphBuilder, tensorDims, tensorToFloats, floatTensor, writeModel, type ModelProto } from '#onnx';
import { convNet } from '#testing';
import { CATALOG } from './catalog.js';
import type { PassContext } from './pass.js';

const REFUSING: PassName[] = ['quantize', 'prune', 'distill', 'train', 'analyze'];

function spoilt(value: number): ModelProto {
  const model = convNet();
  const graph = new Graph(model);
  const weight = graph.initializer('conv2.weight');
  if (!weight) throw new Error('the net has changed');
  const values = tensorToFloats(weight);
  values[8 * 9] = value;
  graph.replaceInitializer(floatTensor('conv2.weight', tensorDims(weight), values));
  return model;
}

function context(model: ModelProto): PassContext {
  const bytes = writeModel(model);
  return {
    model,
    baseline: bytes,
    history: [bytes],
    data: null,
    seed: 0,
    threads: 1,
    outputPath: '',
    progress: () => undefined,
    log: () => undefined,
  };
}

const optionsOf = (name: PassName) => PASSES[name].options.parse({}) as never;

describe('weights that are not finite', () => {
  it.each(REFUSING)('keep %s from being accepted and from running, by tensor and first index', async (name) => {
    for (const value of [NaN, -Infinity]) {
      const text = `weight "conv2.weight" holds ${value} at [1, 0, 0, 0]`;
      expect(
        CATALOG[name].obstacles?.(spoilt(value), optionsOf(name), new Map()).map(({ message }) => message),
      ).toContainEqual(expect.stringContaining(text));
      await expect(CATALOG[name].run(context(spoilt(value)), optionsOf(name))).rejects.toMatchObject({
        code: 'non_finite_weight',
        message: expect.stringContaining(text),
      });
    }
  });

  it('are told of other models that a pass names', () => {
    const messages = CATALOG.distill
      .obstacles?.(convNet(), optionsOf('distill'), new Map([['0123456789abcdef', spoilt(NaN)]]))
      .map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringContaining('model 0123456789: weight "conv2.weight" holds NaN'));
  });

  it('are listed by evaluate, which measures them all the same', () => {
    expect(CATALOG.evaluate.preflight(spoilt(NaN), optionsOf('evaluate'))).toEqual([
      { node: 'conv2.weight', reason: expect.stringContaining('holds NaN at [1, 0, 0, 0]') },
    ]);
  });

  it('are no infinities of a mask', () => {
    const b = new GraphBuilder('t');
    const masked = b.op('Add', [b.input('x', ['n', 2]), b.float([0, -Infinity])]);
    b.op(
      'MatMul',
      [b.op('Softmax', [masked]), b.float([1, 2, 3, 4], [2, 2])],
      {},
      { outputs: [b.output('y', ['n', 2])] },
    );
    expect(CATALOG.quantize.obstacles?.(b.build(), optionsOf('quantize'), new Map())).toEqual([]);
  });
});

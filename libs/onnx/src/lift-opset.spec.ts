import { toBinary } from '@bufbuild/protobuf';
import { float32, Session } from '#inference';
import { Float } from './attributes.js';
import { GraphBuilder } from './builder.js';
import type { Attributes } from './graph.js';
import { liftOpset } from './lift-opset.js';
import { opsetVersion } from './opset.js';
import { ModelProtoSchema, type ModelProto } from './proto.js';
import { floatTensor } from './tensor.js';

const x = Float32Array.from({ length: 2 * 3 * 4 * 4 }, (_, i) => Math.sin(i * 1.3));

/** x [2, 3, 4, 4] -> one node in the spelling of an old opset -> y */
function single(
  opType: string,
  opset: number,
  attributes: Attributes,
  constants: (b: GraphBuilder) => string[] = () => [],
  outputs = ['y'],
): ModelProto {
  const b = new GraphBuilder();
  b.input('x', [2, 3, 4, 4]);
  b.op(opType, ['x', ...constants(b)], attributes, { outputs });
  for (const output of outputs) b.output(output);
  return b.build(opset, 6);
}

async function outputs(model: ModelProto): Promise<number[][]> {
  const session = await Session.create(toBinary(ModelProtoSchema, model), { optimization: 'disabled' });
  const results = await session.run({ x: float32([2, 3, 4, 4], x) });
  await session.release();
  return Object.values(results).map((tensor) => Array.from(tensor.data as Float32Array));
}

describe('liftOpset', () => {
  it.each<[string, number, ModelProto]>([
    ['Clip with attributes', 9, single('Clip', 9, { min: new Float(0), max: new Float(0.5) })],
    ['Pad with attributes', 9, single('Pad', 9, { pads: [0, 0, 1, 1, 0, 0, 0, 2], value: new Float(3) })],
    ['Upsample', 9, single('Upsample', 9, { mode: 'nearest' }, (b) => [b.float([1, 1, 2, 2])])],
    ['Resize without roi', 10, single('Resize', 10, { mode: 'linear' }, (b) => [b.float([1, 1, 2, 2])])],
    ['Slice with attributes', 9, single('Slice', 9, { starts: [1, 0], ends: [3, 2], axes: [2, 3] })],
    ['Softmax over all axes from 1', 11, single('Softmax', 11, {})],
    ['Softmax over the last axis', 11, single('Softmax', 11, { axis: -1 })],
    ['LogSoftmax from axis 2', 12, single('LogSoftmax', 12, { axis: 2 })],
    ['Unsqueeze with attribute', 11, single('Unsqueeze', 11, { axes: [0] })],
    ['ReduceSum with attribute', 12, single('ReduceSum', 12, { axes: [2, 3], keepdims: 0 })],
    ['ReduceMean with attribute', 13, single('ReduceMean', 13, { axes: [1], keepdims: 1 })],
    ['Split into equal parts', 11, single('Split', 11, { axis: 2 }, () => [], ['a', 'b'])],
    ['Split into given parts', 11, single('Split', 11, { axis: 2, split: [1, 3] }, () => [], ['a', 'b'])],
    ['Dropout at inference', 10, single('Dropout', 10, { ratio: new Float(0.3) })],
  ])('keeps what %s computes', async (_name, opset, model) => {
    const before = await outputs(model);
    liftOpset(model, 21);
    expect(opsetVersion(model)).toBe(21);
    expect(await outputs(model)).toEqual(before);
    expect(opset).toBeLessThan(21);
  });

  it('leaves a newer model alone', () => {
    const model = single('Relu', 21, {});
    liftOpset(model, 13);
    expect(opsetVersion(model)).toBe(21);
  });

  it('names a node that has no counterpart', () => {
    const model = single(
      'BatchNormalization',
      9,
      {},
      (b) => [1, 2, 3, 4].map((seed) => b.initializer(floatTensor(`p${seed}`, [3], [1, 1, 1]))),
      ['y', 'mean'],
    );
    expect(() => liftOpset(model, 15)).toThrow(/BatchNormalization node "y"/);
  });
});

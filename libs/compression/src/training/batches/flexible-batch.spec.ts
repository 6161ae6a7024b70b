import { Graph, GraphBuilder, type ModelProto } from '#onnx';
import { fixedBatch, freeBatch } from './flexible-batch.js';

/** A net over x [3, 2, 4], and what `write` makes of it. */
function net(write: (b: GraphBuilder, x: string) => string): ModelProto {
  const b = new GraphBuilder();
  b.op('Identity', [write(b, b.input('x', [3, 2, 4]))], {}, { outputs: [b.output('y', undefined)] });
  return b.build();
}

/** A token that the file spells out for each of its three samples, ahead of theirs. */
const withToken = net((b, x) => {
  const token = b.op('Expand', [b.float([1, 2, 3, 4], [1, 1, 4]), b.ints([3, 1, 4])]);
  return b.op('Concat', [token, x], { axis: 1 });
});
const flattened = net((b, x) => b.op('Reshape', [x, b.ints([3, 8])]));
/** Each sample's answers depend on the others. */
const mixed = net((b, x) => b.op('Softmax', [x], { axis: 0 }));

describe('a batch that the file fixes', () => {
  it.each([
    ['a constant is spread over it', withToken],
    ['a size spells it out', flattened],
  ])('is freed where %s', async (_what, model) => {
    expect(fixedBatch(new Graph(model))).toBe(3);
    expect(await freeBatch(model)).toBe(true);
    expect(fixedBatch(new Graph(model))).toBeNull();
  });

  it('stays where samples have no answers of their own', async () => {
    expect(await freeBatch(mixed)).toBe(false);
    expect(fixedBatch(new Graph(mixed))).toBe(3);
  });
});

import { GraphBuilder, writeModel } from '#onnx';
import { ProfileError } from './errors.js';
import { parseTrace, profileModel } from './profile.js';

describe('the profile of a model', () => {
  it.each(['plain', 'a"b', 'back\\slash', 'two\nlines', '{"cat" : "Node"', 'é ${x} 🙂', '","args" : {'])(
    'names a node %j as the model does',
    async (name) => {
      const b = new GraphBuilder();
      const hidden = b.op('MatMul', [b.input('x', ['n', 4]), b.float(new Float32Array(16), [4, 4])]);
      b.output(b.op('Softmax', [hidden]));
      const model = b.build();
      model.graph!.node[0]!.name = name;
      const profile = await profileModel(
        writeModel(model),
        { x: { type: 'float32', dims: [1, 4], data: new Float32Array(4) } },
        { runs: 3, warmup: 1 },
      );
      expect(profile.map((node) => [node.name, node.opType, node.samplesUs.length])).toEqual([
        [name, 'MatMul', 3],
        [expect.any(String), 'Softmax', 3],
      ]);
      expect(profile.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    },
  );

  it('is refused where it is no trace', () => {
    expect(() => parseTrace('{}')).toThrow(ProfileError);
  });
});

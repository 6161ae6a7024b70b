import { QuantizeOptions } from '#contracts';
import { float32 } from '#inference';
import { Graph, GraphBuilder, readModel, writeModel } from '#onnx';
import { randomNumbers } from '#testing';
import { kernelOwners, ownerOf } from './kernel-owners.js';
import { quantizeModel } from '../schemes/quantize-model.js';

const random = randomNumbers(9);
const noise = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);

/** x -> MatMul "fc1" -> Add -> Tanh -> MatMul "fc2" -> Softmax -> y */
function net() {
  const b = new GraphBuilder();
  const first = b.op(
    'MatMul',
    [b.input('x', ['n', 2048]), b.float(noise(2048 * 256), [2048, 256])],
    {},
    { outputs: ['first'] },
  );
  const hidden = b.op('Tanh', [b.op('Add', [first, b.float(noise(256))])]);
  b.op(
    'Softmax',
    [b.op('MatMul', [hidden, b.float(noise(2560), [256, 10])], {}, { outputs: ['second'] })],
    {},
    { outputs: [b.output('y')] },
  );
  const model = b.build();
  for (const node of model.graph!.node) node.name = { first: 'fc1', second: 'fc2' }[node.output[0]!] ?? '';
  return readModel(writeModel(model));
}

describe('the time of each layer', () => {
  it.each([8, 16] as const)(
    'holds what its weight costs at every run, and what belongs to none is told apart: activations of %i bits',
    async (activationBits) => {
      const feeds = { x: float32([1, 2048], noise(2048)) };
      const { layers, otherUs, expanded } = await quantizeModel(
        net(),
        QuantizeOptions.parse({ activationBits }),
        () => () => [feeds],
        { threads: 1, seed: 0 },
      );
      const [first, second] = layers;
      expect(expanded).toEqual(activationBits === 16 ? ['fc1', 'fc2'] : []);
      // The first layer has two hundred times the weights of the second. At 16 bits the runtime expands them at every
      // run.
      for (const figure of ['floatUs', 'quantizedUs'] as const) {
        expect(first![figure]!).toBeGreaterThan(second![figure]!);
        if (activationBits === 16) expect(first![figure]!).toBeGreaterThan(otherUs![figure]);
      }
    },
  );

  it('goes by the name of any node that the runtime fused, whatever it puts around it', () => {
    const graph = new Graph(net());
    for (const [i, node] of graph.nodes.entries()) node.name ||= `n${i}`;
    const owners = kernelOwners(graph, new Set(['fc1', 'fc2']));
    expect(
      [
        'fc1',
        'fc1/MatMulAddFusion',
        'fused fc1_nchwc',
        'fc1_token_12',
        'n1_quant',
        'first',
        'fc2',
        'elsewhere/fc1',
        'ReorderInput',
      ].map((name) => ownerOf(name, owners)),
    ).toEqual(['fc1', 'fc1', 'fc1', 'fc1', 'fc1', 'fc1', 'fc2', null, null]);
  });
});

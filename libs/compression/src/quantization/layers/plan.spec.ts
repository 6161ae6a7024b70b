import { QuantizeOptions } from '#contracts';
import { GraphBuilder } from '#onnx';
import { planLayers } from './plan.js';

/** X -> Gemm -> hard-swish in the four operators of exporters. */
function model() {
  const b = new GraphBuilder();
  const weight = b.float(Float32Array.from({ length: 64 }, Math.sin), [8, 8]);
  const hidden = b.op('Gemm', [b.input('x', ['n', 8]), weight]);
  const clipped = b.op('Clip', [b.op('Add', [hidden, b.float([3], [])]), b.float([0], []), b.float([6], [])]);
  const product = b.op('Mul', [hidden, clipped]);
  b.op('Div', [product, b.float([6], [])], {}, { outputs: [b.output('y', ['n', 8])] });
  return b.build();
}

describe('a plan of layers', () => {
  it('spells what exporters take apart in the operators that integers run beside', () => {
    const { graph, layers } = planLayers(model(), QuantizeOptions.parse({}), null);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Gemm', 'HardSigmoid', 'Mul']);
    expect(layers).toEqual([]);
  });
});

import { Float, Graph, GraphBuilder } from '#onnx';
import type { Layer } from '../layers/layers.js';
import { rectifiedBias } from './rectified-bias.js';

const SHAPE = { groups: 1, size: 2, columns: 3 };

interface Case {
  bias?: readonly number[];
  isComputed?: boolean;
  after?: string;
  alpha?: number;
}

/** A Gemm of three columns with or without a bias, and what follows it. */
function biasOf({ bias, isComputed = false, after = 'Relu', alpha = 1 }: Case) {
  const b = new GraphBuilder();
  const weight = b.float([1, 2, 3, 4, 5, 6], [2, 3]);
  const stored = bias && b.float(bias, [bias.length]);
  const read = stored && isComputed ? b.op('Neg', [stored]) : stored;
  const product = b.op('Gemm', [b.input('x', ['n', 2]), weight, ...(read ? [read] : [])], { alpha: new Float(alpha) });
  b.op(after, [product], {}, { outputs: [b.output('y', ['n', 3])] });
  const graph = new Graph(b.build());
  const node = graph.nodes.find(({ opType }) => opType === 'Gemm')!;
  const layer: Layer = { node, input: 'x', weight, weightIndex: 1, axis: 1, bias: (!isComputed && stored) || null };
  return rectifiedBias(graph, layer, SHAPE);
}

describe('what is added before a Relu', () => {
  it('is the bias of the layer, and zeros where it has none', () => {
    expect(biasOf({ bias: [0.5, -1, 2] })).toEqual(Float32Array.of(0.5, -1, 2));
    expect(biasOf({})).toEqual(new Float32Array(3));
  });

  it.each<[string, Case]>([
    ['no Relu follows', { bias: [1, 2, 3], after: 'Neg' }],
    ['the product is scaled', { bias: [1, 2, 3], alpha: 2 }],
    ['the bias is computed', { bias: [1, 2, 3], isComputed: true }],
    ['the bias is one for all columns', { bias: [1] }],
  ])('is unknown, so that the bare product is compared, where %s', (_what, given) => {
    expect(biasOf(given)).toBeNull();
  });
});

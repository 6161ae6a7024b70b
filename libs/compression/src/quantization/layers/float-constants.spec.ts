import { floatTensor, Graph, GraphBuilder, nodeLabel } from '#onnx';
import { floatConstantsLeft, LEAST_ELEMENTS, storedFloat } from './float-constants.js';

/** A node of the type over a constant of these dims, with what stands between. */
function graphOf(opType: string, dims: readonly number[], passive: readonly string[] = []): Graph {
  const b = new GraphBuilder();
  const count = dims.reduce((product, dim) => product * dim, 1);
  const stored = b.initializer(floatTensor('table', dims, new Float32Array(count)));
  const read = passive.reduce((value, type) => b.op(type, [value]), stored);
  b.op(opType, [b.input('x', ['n', ...dims]), read], {}, { outputs: [b.output('y', ['n', ...dims])] });
  return new Graph(b.build());
}

const told = (graph: Graph, named: string[] = []) =>
  floatConstantsLeft(graph, new Set(named)).map(({ reason }) => reason);

describe('large constants that stay in floats', () => {
  it('are told with their size, and by the node that reads them in the end', () => {
    expect(told(graphOf('Mul', [32, 32]))).toEqual([
      'its constant "table" [32,32] stays FLOAT: Mul has no integer form here',
    ]);
    const [left] = floatConstantsLeft(graphOf('Mul', [32, 32], ['Identity', 'Transpose']), new Set());
    expect(left).toMatchObject({ opType: 'Mul', reason: expect.stringContaining('"table"') as string });
  });

  it('are not told where they are small, biases, or of a node that was told of', () => {
    expect(told(graphOf('Mul', [2, LEAST_ELEMENTS / 2 - 1]))).toEqual([]);
    expect(told(graphOf('Add', [LEAST_ELEMENTS]))).toEqual([]);
    const graph = graphOf('Mul', [32, 32]);
    expect(told(graph, [nodeLabel(graph.nodes[0]!)])).toEqual([]);
  });

  it('are told of a normalization that could not be folded, whose statistics are vectors', () => {
    const b = new GraphBuilder();
    const vector = (name: string) =>
      b.initializer(floatTensor(name, [LEAST_ELEMENTS], new Float32Array(LEAST_ELEMENTS).fill(1)));
    const inputs = [b.input('x', ['n', LEAST_ELEMENTS]), ...['scale', 'bias', 'mean', 'variance'].map(vector)];
    b.op('BatchNormalization', inputs, {}, { outputs: [b.output('y', ['n', LEAST_ELEMENTS])] });
    expect(told(new Graph(b.build()))).toEqual([expect.stringContaining('it could not be folded into a layer ahead')]);
  });

  it('are none behind an input that is left out', () => {
    expect(storedFloat(graphOf('Mul', [32, 32]), '')).toBeUndefined();
  });
});

import { create } from '@bufbuild/protobuf';
import { DataType, Graph, GraphBuilder, TensorProtoSchema, tensorData } from '#onnx';
import { ownVectors } from './own-vectors.js';
import { retieVectors, untieVectors } from './untie-vectors.js';

/** Two layers that read one bias, which the file holds as a field of floats rather than as bytes. */
function sharedBias(): Graph {
  const b = new GraphBuilder();
  const bias = b.initializer(
    create(TensorProtoSchema, { name: 'b', dims: [2n], dataType: DataType.FLOAT, floatData: [1, 2] }),
  );
  const first = b.op('Gemm', [b.input('x', ['n', 2]), b.float([1, 2, 3, 4], [2, 2]), bias]);
  b.output(b.op('Gemm', [first, b.float([1, 2, 3, 4], [2, 2]), bias], {}, { outputs: ['y'] }), ['n', 2]);
  return new Graph(b.build());
}

const biases = (graph: Graph) =>
  graph.proto.initializer.filter(({ dims }) => dims.length === 1).map((tensor) => [...tensorData(tensor)]);

describe('vectors that are shared, stored as fields', () => {
  it('are whole in the copies that nodes get of their own', () => {
    const graph = sharedBias();
    ownVectors(graph);
    expect(biases(graph)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('are whole in the copies that training gets, and one again where they stayed equal', () => {
    const graph = sharedBias();
    const copies = untieVectors(graph);
    expect(biases(graph)).toHaveLength(2);
    expect(biases(graph)[1]).toEqual([1, 2]);
    retieVectors(graph, copies);
    expect(biases(graph)).toEqual([[1, 2]]);
  });
});

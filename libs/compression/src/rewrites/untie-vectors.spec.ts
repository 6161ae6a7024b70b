import { Graph, GraphBuilder, floatTensor, tensorToFloats } from '#onnx';
import { retieVectors, untieVectors } from './untie-vectors.js';

function sharing(): Graph {
  const b = new GraphBuilder();
  const [weight, bias] = [
    b.float(new Float32Array(16), [4, 4]),
    b.initializer(floatTensor('zeros', [4], [0, 0, 0, 0])),
  ];
  const layer = (x: string) => b.op('Gemm', [x, weight, bias]);
  b.output(layer(layer(layer(b.input('x', ['n', 4])))));
  return new Graph(b.build());
}

describe('vectors that several nodes read', () => {
  it('become one for each node, while matrices stay shared', () => {
    const graph = sharing();
    expect(untieVectors(graph)).toEqual([
      { copy: 'zeros_untied', source: 'zeros' },
      { copy: 'zeros_untied_1', source: 'zeros' },
    ]);
    expect(new Set(graph.nodes.map(({ input }) => input[2])).size).toBe(3);
    expect(new Set(graph.nodes.map(({ input }) => input[1])).size).toBe(1);
  });

  it('are one again where they are still equal', () => {
    const graph = sharing();
    const untied = untieVectors(graph);
    graph.replaceInitializer(floatTensor(untied[0]!.copy, [3], [0, 0, 0]));
    retieVectors(graph, untied);
    expect(graph.nodes.map(({ input }) => input[2])).toEqual(['zeros', 'zeros_untied', 'zeros']);
    expect([...tensorToFloats(graph.initializer('zeros')!)]).toEqual([0, 0, 0, 0]);
  });
});

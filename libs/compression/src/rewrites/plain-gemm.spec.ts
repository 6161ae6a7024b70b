import { Float, floatAttribute, Graph, GraphBuilder, tensorDims, tensorToFloats, type Attributes } from '#onnx';
import { plainGemms } from './plain-gemm.js';

type Inputs = (b: GraphBuilder) => string[];

/** Gemms of x [n, 2] with these inputs, written plainly: the graph, and what each reads. */
function plain(attributes: Attributes, ...gemms: Inputs[]) {
  const b = new GraphBuilder();
  b.input('x', ['n', 2]);
  for (const inputs of gemms) b.output(b.op('Gemm', ['x', ...inputs(b)], attributes));
  const graph = new Graph(b.build());
  plainGemms(graph);
  const read = graph.nodes.map((node) =>
    node.input.slice(1).map((name) => {
      const tensor = graph.initializer(name);
      return tensor ? { dims: tensorDims(tensor), values: [...tensorToFloats(tensor)] } : name;
    }),
  );
  const factors = graph.nodes.map((node) => [floatAttribute(node, 'alpha', 1), floatAttribute(node, 'beta', 1)]);
  return { graph, read, factors };
}
const weight: Inputs = (b) => [b.float([1, 2, 3, 4, 5, 6], [2, 3])];

describe('a Gemm is written plainly', () => {
  it('with its factors inside its constants', () => {
    const { read, factors } = plain({ alpha: new Float(2), beta: new Float(0.5) }, (b) => [
      ...weight(b),
      b.float([2, 4, 6]),
    ]);
    expect(read[0]).toEqual([
      { dims: [2, 3], values: [2, 4, 6, 8, 10, 12] },
      { dims: [3], values: [1, 2, 3] },
    ]);
    expect(factors).toEqual([[1, 1]]);
  });

  it('but for a factor of what is computed', () => {
    const { read, factors } = plain({ alpha: new Float(2), beta: new Float(0.5) }, (b) => ['w', b.float([2, 4, 6])]);
    expect(read[0]).toEqual(['w', { dims: [3], values: [1, 2, 3] }]);
    expect(factors).toEqual([[2, 1]]);
  });

  it('without a factor of a bias that it does not have', () => {
    expect(plain({ beta: new Float(0.5) }, weight).factors).toEqual([[1, 1]]);
  });

  it.each<[string, number[], number[], Attributes]>([
    ['a row', [7, 8, 9], [1, 3], {}],
    ['one number for all columns', [7], [1], {}],
    ['one number without an axis', [7], [], {}],
    ['one number for the rows of a weight on its side', [7], [1, 1], { transB: 1 }],
  ])('with its bias as one vector: %s', (_what, values, dims, attributes) => {
    const { read } = plain(attributes, (b) => [...weight(b), b.float(values, dims)]);
    const columns = attributes['transB'] ? 2 : 3;
    const expected = values.length === 1 ? Array<number>(columns).fill(7) : values;
    expect(read[0]?.[1]).toEqual({ dims: [columns], values: expected });
  });

  it('but for a bias that differs from row to row, and one beside a weight that is computed', () => {
    const rows = { values: [7, 8], dims: [2, 1] };
    const differing: Inputs = (b) => [...weight(b), b.float(rows.values, rows.dims)];
    const beside: Inputs = (b) => ['w', b.float([7], [1])];
    const { read } = plain({}, differing, beside);
    expect([read[0]?.[1], read[1]?.[1]]).toEqual([rows, { values: [7], dims: [1] }]);
  });

  it('with one changed constant where two read one, and the old one where another reads it as it is', () => {
    const b = new GraphBuilder();
    b.input('x', ['n', 2]);
    const own = b.float([1, 2, 3, 4], [2, 2]);
    for (const alpha of [2, 2, 1]) b.output(b.op('Gemm', ['x', own], { alpha: new Float(alpha) }));
    const graph = new Graph(b.build());
    plainGemms(graph);
    const names = graph.nodes.map(({ input }) => input[1]);
    expect([names[0] === names[1], names[2]]).toEqual([true, own]);
    expect(names[0]).not.toBe(own);
  });
});

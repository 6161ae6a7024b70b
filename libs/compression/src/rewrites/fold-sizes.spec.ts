import { DataType, Graph, GraphBuilder, tensorToNumbers } from '#onnx';
import { foldSizes } from './fold-sizes.js';

describe('computed sizes', () => {
  it('become constants where they are the same for every batch, and leave the others computed', () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 8, 'h', 'w']);
    const shape = b.op('Shape', [x]);
    const half = b.op('Div', [b.op('Gather', [shape, b.ints([1])]), b.ints([2])]);
    const left = b.op('Slice', [x, b.ints([0]), half, b.ints([1])]);
    const target = b.op('Concat', [b.op('Slice', [shape, b.ints([0]), b.ints([1])]), half, b.ints([-1])], { axis: 0 });
    b.output(b.op('Reshape', [left, target]));
    const graph = new Graph(b.build());
    expect(foldSizes(graph)).toBe(1);
    const slice = graph.nodes.find(({ input }) => input[0] === 'x' && input.length === 4)!;
    expect(tensorToNumbers(graph.initializer(slice.input[2]!)!)).toEqual([4]);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Shape', 'Slice', 'Slice', 'Concat', 'Reshape']);
  });

  it('all become constants at shapes that were observed', () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 8, 'h']);
    b.output(
      b.op('Reshape', [
        x,
        b.op('Concat', [b.op('Slice', [b.op('Shape', [x]), b.ints([0]), b.ints([1])]), b.ints([-1])], { axis: 0 }),
      ]),
    );
    const graph = new Graph(b.build());
    foldSizes(graph, new Map([['x', [5, 8, 3]]]));
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Reshape']);
    expect(tensorToNumbers(graph.initializer(graph.nodes[0]!.input[1]!)!)).toEqual([5, -1]);
  });

  it('take fresh names, keep outputs of the graph, and leave arithmetic of floats alone', () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 8]);
    const length = b.op('Gather', [b.op('Shape', [x]), b.ints(1)], {}, { outputs: ['length'] });
    const learned = b.op('Sqrt', [b.float(2)]);
    b.input('length_folded', ['n', 8]);
    b.output(b.op('Mul', [b.op('Div', [x, b.op('Cast', [length], { to: DataType.FLOAT })]), learned]));
    b.output(b.op('Add', [length, b.ints(1)], {}, { outputs: ['next'] }), [], DataType.INT64);
    const graph = new Graph(b.build());
    foldSizes(graph);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Sqrt', 'Div', 'Mul', 'Add']);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'length_folded']);
    expect(graph.nodes.at(-1)!.input[0]).toBe('length_folded_1');
  });
});

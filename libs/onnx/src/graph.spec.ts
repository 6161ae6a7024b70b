import { mlp } from '#testing';
import {
  Float,
  floatAttribute,
  intAttribute,
  intsAttribute,
  makeAttribute,
  setAttribute,
  stringAttribute,
  subgraphs,
  tensorAttribute,
} from './attributes.js';
import { GraphBuilder, valueDims, valueElemType } from './builder.js';
import { GraphError } from './errors.js';
import { Graph, capturedValues, makeNode } from './graph.js';
import { AttributeType, DataType } from './proto.js';
import { readModel } from './read.js';
import { writeModel } from './write.js';
import { floatTensor, halfToFloat, floatToHalf, floatToBfloat, tensorToFloats, makeTensor } from './tensor.js';

/** x -> Relu -> a -> Neg -> y. */
function chain(): Graph {
  const b = new GraphBuilder();
  const a = b.op('Relu', [b.input('x', ['n', 2])], {}, { outputs: ['a'] });
  b.op('Neg', [a], {}, { outputs: [b.output('y', ['n', 2])] });
  return new Graph(b.build());
}

/** If whose branch reads `a` of the graph around it, through a second If. */
function capturing(): Graph {
  const inner = new GraphBuilder('i');
  inner.output(inner.op('Add', ['a', 'a']));
  const outer = new GraphBuilder('o');
  outer.output(outer.op('If', ['c'], { then_branch: inner.build().graph! }));
  const b = new GraphBuilder();
  b.op('Relu', [b.input('x', [2])], {}, { outputs: ['a'] });
  b.output(b.op('If', [b.input('c', [], DataType.BOOL)], { then_branch: outer.build().graph! }, { outputs: ['y'] }));
  return new Graph(b.build());
}

describe('Graph', () => {
  it('knows producers, consumers, inputs and outputs', () => {
    const graph = chain();
    expect(graph.producer('a')?.opType).toBe('Relu');
    expect(graph.consumers('a').map(({ node, index }) => [node.opType, index])).toEqual([['Neg', 0]]);
    expect([graph.isInput('x'), graph.isInput('a'), graph.isOutput('y'), graph.isOutput('a')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(graph.opset()).toBe(21);
    expect(graph.opset('com.microsoft')).toBe(0);
  });

  it('keeps its index right through edits', () => {
    const graph = chain();
    const [relu, neg] = graph.nodes;
    graph.addNode(makeNode('Exp', ['a'], ['b']), { after: relu! });
    graph.replaceUses('a', 'b', [graph.producer('b')!]);
    expect(graph.nodes.map((node) => node.opType)).toEqual(['Relu', 'Exp', 'Neg']);
    expect(graph.consumers('a').map(({ node }) => node.opType)).toEqual(['Exp']);
    expect(graph.consumers('b').map(({ node }) => node)).toEqual([neg]);
    graph.removeNode(graph.producer('b')!);
    graph.setInput(neg!, 0, 'a');
    expect(graph.producer('b')).toBeUndefined();
    expect(readModel(writeModel(graph.model)).graph!.node.length).toBe(2);
  });

  it('replaces every position of a node that reads a value twice', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [1]);
    b.output(b.op('Add', [x, x], {}, { outputs: ['y'] }));
    const graph = new Graph(b.build());
    graph.replaceUses('x', 'z');
    expect(graph.producer('y')!.input).toEqual(['z', 'z']);
    expect(graph.consumers('z').map(({ index }) => index)).toEqual([0, 1]);
    expect(graph.consumers('x')).toEqual([]);
  });

  it('drops trailing empty inputs but keeps inner ones', () => {
    const graph = chain();
    const node = graph.addNode(makeNode('Clip', ['a', 'lo', 'hi'], ['c']));
    graph.setInput(node, 1, '');
    expect(node.input).toEqual(['a', '', 'hi']);
    graph.setInput(node, 2, '');
    expect(node.input).toEqual(['a']);
  });

  it('sees captures of nested bodies as uses', () => {
    const graph = capturing();
    expect(graph.consumers('a').map(({ node, index }) => [node.opType, index])).toEqual([['If', -1]]);
    expect(capturedValues(subgraphs(graph.nodes[1]!)[0]!)).toEqual(new Set(['c', 'a']));
    expect(graph.removeDeadCode()).toBe(0);
  });

  it('removes what no output depends on, chains included', () => {
    const graph = chain();
    graph.addInitializer(floatTensor('w', [1], [1]));
    graph.addNode(makeNode('Mul', ['a', 'w'], ['d1']));
    graph.addNode(makeNode('Exp', ['d1'], ['d2']));
    expect(graph.removeDeadCode()).toBe(2);
    expect(graph.nodes.map((node) => node.opType)).toEqual(['Relu', 'Neg']);
    expect(graph.initializer('w')).toBeUndefined();
  });

  it('gives names that nothing uses', () => {
    const graph = chain();
    expect([graph.freshName('a'), graph.freshName('a'), graph.freshName('new')]).toEqual(['a_1', 'a_2', 'new']);
  });

  it('never gives the name of a value inside a body', () => {
    const graph = capturing();
    const inside = subgraphs(graph.nodes[1]!)[0]!.node[0]!.output[0]!;
    expect(graph.freshName(inside)).not.toBe(inside);
  });

  it('tells inputs from initializers that older files list as inputs', () => {
    const model = mlp();
    const b = new GraphBuilder();
    b.input('fc1.bias', [16]);
    model.graph!.input.push(...b.build().graph!.input);
    expect(new Graph(model).inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('refuses a second initializer of a name, and to replace or place beside what is not there', () => {
    const graph = new Graph(mlp());
    expect(() => graph.addInitializer(floatTensor('fc1.bias', [1], [0]))).toThrow(GraphError);
    expect(() => graph.replaceInitializer(floatTensor('nothing', [1], [0]))).toThrow(GraphError);
    expect(() => graph.addNode(makeNode('Relu', ['x'], ['r']), { before: makeNode('Neg', ['x'], ['n']) })).toThrow(
      GraphError,
    );
  });
});

describe('attributes', () => {
  it.each([
    [3, AttributeType.INT],
    [true, AttributeType.INT],
    [2n ** 40n, AttributeType.INT],
    [0.5, AttributeType.FLOAT],
    [new Float(1), AttributeType.FLOAT],
    ['text', AttributeType.STRING],
    [[1, 2], AttributeType.INTS],
    [new Float([1, 2]), AttributeType.FLOATS],
    [[0.5, 1], AttributeType.FLOATS],
    [['a', 'b'], AttributeType.STRINGS],
    [floatTensor('t', [1], [1]), AttributeType.TENSOR],
  ])('%p becomes the ONNX type %i', (value, type) => {
    expect(makeAttribute('a', value).type).toBe(type);
  });

  it('reads what was set, and the fallback otherwise', () => {
    const node = makeNode('X', [], [], { i: 3, list: [1, 2], f: 0.5, s: 'text', t: floatTensor('t', [1], [4]) });
    expect([
      intAttribute(node, 'i', 0),
      intsAttribute(node, 'list'),
      floatAttribute(node, 'f', 0),
      stringAttribute(node, 's', ''),
    ]).toEqual([3, [1, 2], 0.5, 'text']);
    expect(tensorToFloats(tensorAttribute(node, 't')!)).toEqual(Float32Array.of(4));
    expect([
      intAttribute(node, 'no', 7),
      intsAttribute(node, 'no', [8]),
      floatAttribute(node, 'no', 9),
      stringAttribute(node, 'no', 'x'),
    ]).toEqual([7, [8], 9, 'x']);
    setAttribute(node, 'i', 4);
    expect([intAttribute(node, 'i', 0), node.attribute.length]).toEqual([4, 5]);
  });
});

describe('GraphBuilder', () => {
  it('declares domains that nodes use', () => {
    const b = new GraphBuilder();
    b.output(b.op('Gelu', [b.input('x', [1])], {}, { domain: 'com.microsoft' }));
    expect(b.build().opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([
      ['', 21],
      ['com.microsoft', 1],
    ]);
  });

  it('keeps symbolic, fixed and unknown shapes', () => {
    const b = new GraphBuilder();
    b.input('a', ['n', 3]);
    b.input('b', [], DataType.INT64);
    b.output('a');
    const { input, output } = b.build().graph!;
    expect([valueDims(input[0]!), valueDims(input[1]!), valueDims(output[0]!)]).toEqual([['n', 3], [], undefined]);
    expect(valueElemType(input[1]!)).toBe(DataType.INT64);
  });
});

describe('float16 and bfloat16', () => {
  it('round trips every float16 bit pattern that is a number', () => {
    const numbers = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => !Number.isNaN(halfToFloat(bits)));
    expect(numbers.filter((bits) => floatToHalf(halfToFloat(bits)) !== bits)).toEqual([]);
  });

  it.each([
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [2 ** -25, 0],
    [1.5 * 2 ** -24, 2],
    [NaN, 0x7e00],
    [-Infinity, 0xfc00],
  ])('rounds %p to nearest even', (value, bits) => {
    expect(floatToHalf(value)).toBe(bits);
  });

  it.each([
    [1, 0x3f80],
    [1 + 2 ** -8, 0x3f80],
    [1 + 3 * 2 ** -8, 0x3f82],
    [-2, 0xc000],
    [Infinity, 0x7f80],
    [NaN, 0x7fc0],
  ])('bfloat16 of %p', (value, bits) => {
    expect(floatToBfloat(value)).toBe(bits);
  });

  it('reads both as floats', () => {
    expect([...tensorToFloats(makeTensor('h', DataType.FLOAT16, [2], Uint16Array.of(0x3c00, 0xc000)))]).toEqual([
      1, -2,
    ]);
    expect([...tensorToFloats(makeTensor('b', DataType.BFLOAT16, [2], Uint16Array.of(0x3f80, 0xc000)))]).toEqual([
      1, -2,
    ]);
  });
});

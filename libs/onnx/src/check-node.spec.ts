import { Float, makeAttribute } from './attributes.js';
import { GraphBuilder } from './builder.js';
import { checkNode } from './check-node.js';
import { InvalidModelError, UnsupportedModelError } from './errors.js';
import { makeNode } from './graph.js';
import { isTabled, operatorForm } from './operators/operator-table.js';
import type { NodeProto } from './proto.js';
import { readModel } from './read.js';
import { writeModel } from './write.js';

/** x -> the node -> y, written and read. */
function read(node: NodeProto, opset = 17) {
  const b = new GraphBuilder();
  b.input('x', [2, 2]);
  b.append(node);
  b.output('y', [2, 2]);
  return readModel(writeModel(b.build(opset)));
}

describe('a node', () => {
  it.each<[string, NodeProto, RegExp]>([
    ['without inputs', makeNode('Add', [], ['y']), /node Add -> "y" has 0 inputs, and the operator takes 2/],
    [
      'with inputs that are empty names',
      makeNode('Conv', ['x', ''], ['y']),
      /has 1 input, and the operator takes 2 to 3/,
    ],
    [
      'with too many inputs',
      makeNode('Relu', ['x', 'x'], ['y'], {}, { name: 'act' }),
      /node "act" \(Relu\) has 2 inputs, and the operator takes 1/,
    ],
    [
      'with too few inputs of any number',
      makeNode('Concat', [], ['y'], { axis: 0 }),
      /has 0 inputs, and the operator takes at least 1/,
    ],
    ['with too many outputs', makeNode('Relu', ['x'], ['y', 'z']), /has 2 outputs, and the operator takes at most 1/],
    ['without outputs', makeNode('Relu', ['x'], []), /has 0 outputs/],
    [
      'with an attribute of another type',
      makeNode('Concat', ['x', 'x'], ['y'], { axis: 'zero' }),
      /attribute "axis" of node Concat -> "y" is of type STRING, and the operator takes INT/,
    ],
    [
      'with a float for an integer',
      makeNode('Flatten', ['x'], ['y'], { axis: new Float(1) }),
      /is of type FLOAT, and the operator takes INT/,
    ],
    [
      'with an attribute that it has not',
      makeNode('Relu', ['x'], ['y'], { alpha: new Float(1) }),
      /has the attribute "alpha", which the operator does not know in this opset/,
    ],
    [
      'with an attribute of an older opset',
      makeNode('Squeeze', ['x'], ['y'], { axes: [0] }),
      /has the attribute "axes", which the operator does not know in this opset/,
    ],
    [
      'without an attribute that it needs',
      makeNode('Concat', ['x', 'x'], ['y']),
      /lacks the attribute "axis", which the operator needs/,
    ],
    [
      'with an attribute twice',
      Object.assign(makeNode('Flatten', ['x'], ['y']), {
        attribute: [makeAttribute('axis', 0), makeAttribute('axis', 1)],
      }),
      /has the attribute "axis" twice/,
    ],
    [
      'of the runtime without its inputs',
      makeNode('FusedConv', ['x'], ['y'], {}, { domain: 'com.microsoft' }),
      /has 1 input, and the operator takes 2 to 4/,
    ],
  ])('%s is refused by name', (_what, node, message) => {
    expect(() => read(node)).toThrow(message);
    expect(() => read(node)).toThrow(InvalidModelError);
  });

  it.each<[string, NodeProto, number, RegExp]>([
    [
      'newer than the opset',
      makeNode('Gelu', ['x'], ['y']),
      17,
      /opset 17 has no operator "Gelu": it came with version 20: export with that or a newer one/,
    ],
    [
      'older than the opset',
      makeNode('Upsample', ['x', 'x'], ['y']),
      17,
      /opset 17 has no operator "Upsample": it was withdrawn with version 10/,
    ],
    ['that nobody knows', makeNode('Relo', ['x'], ['y']), 17, /no operator "Relo": express it in standard operators/],
    [
      'that the runtime does not know',
      makeNode('FusedEverything', ['x'], ['y'], {}, { domain: 'com.microsoft' }),
      17,
      /version 1 of domain com\.microsoft has no operator/,
    ],
  ])('of an operator %s is refused with the way out', (_what, node, opset, message) => {
    expect(() => read(node, opset)).toThrow(message);
    expect(() => read(node, opset)).toThrow(UnsupportedModelError);
  });

  it.each<[string, NodeProto, number]>([
    ['what the version before took', makeNode('Squeeze', ['x'], ['y'], { axes: [0] }), 11],
    ['attributes of whoever wrote it', makeNode('Relu', ['x'], ['y'], { __note: 'mine' }), 17],
    ['inputs that are left out', makeNode('Clip', ['x', '', ''], ['y']), 17],
    [
      'operators that the runtime adds to the standard',
      makeNode('SimplifiedLayerNormalization', ['x', 'x'], ['y']),
      17,
    ],
    ['the standard domain by its long name', makeNode('Relu', ['x'], ['y'], {}, { domain: 'ai.onnx' }), 17],
  ])('may have %s', (_what, node, opset) => {
    expect(read(node, opset).graph!.node[0]!.domain).toBe('');
  });
});

describe('the tables of operators', () => {
  it('know every version of an operator by the one that introduced it', () => {
    expect([6, 7, 12, 13, 18].map((version) => operatorForm('', 'Split', version)?.inputs)).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 2],
      [1, 2],
    ]);
    expect(operatorForm('', 'Split', 18)?.attributes.has('num_outputs')).toBe(true);
    expect([9, 10].map((version) => operatorForm('', 'Upsample', version)?.inputs)).toEqual([[2, 2], undefined]);
    expect(operatorForm('', 'Concat', 13)).toMatchObject({ inputs: [1, Infinity], outputs: [1, 1] });
    expect(['', 'ai.onnx.ml', 'com.microsoft', 'other'].map(isTabled)).toEqual([true, true, true, false]);
  });

  it('leave nodes of other domains alone', () => {
    expect(() => checkNode(makeNode('Anything', [], [], {}, { domain: 'coldpress.training' }), 1)).not.toThrow();
  });
});

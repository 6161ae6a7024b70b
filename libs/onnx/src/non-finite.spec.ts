import { create } from '@bufbuild/protobuf';
import { GraphBuilder } from './builder.js';
import { makeNode } from './graph.js';
import { nonFiniteText, nonFiniteWeights } from './non-finite.js';
import { DataType, SparseTensorProtoSchema, type ModelProto } from './proto.js';
import { floatTensor, int64Tensor, makeTensor } from './tensor.js';

/** A Conv whose 2x1x2x2 weight holds `values` from its fifth element on, stored as `type`. */
function convOf(type: DataType, data: Float32Array | Float64Array | Uint16Array): ModelProto {
  const b = new GraphBuilder('t');
  const weight = b.initializer(makeTensor('w', type, [2, 1, 2, 2], data));
  b.op('Conv', [b.input('x', ['n', 1, 4, 4], type), weight], {}, { outputs: [b.output('y', undefined, type)] });
  return b.build();
}

describe('nonFiniteWeights', () => {
  it.each([
    ['float', DataType.FLOAT, Float32Array.of(1, 1, 1, 1, NaN, 1, Infinity, 1), 'NaN', 2],
    ['double beyond float32', DataType.DOUBLE, Float64Array.of(1e300, 1, 1, 1, -Infinity, 1, 1, 1), '-Infinity', 1],
    ['float16', DataType.FLOAT16, Uint16Array.of(0x7bff, 1, 1, 1, 0x7e00, 1, 1, 1), 'NaN', 1],
    ['bfloat16', DataType.BFLOAT16, Uint16Array.of(0x7f7f, 1, 1, 1, 0x7f80, 1, 1, 1), 'Infinity', 1],
  ] as const)('finds the first one of a %s weight and counts them', (_what, type, data, value, count) => {
    const found = nonFiniteWeights(convOf(type, data));
    expect(found).toEqual([{ tensor: 'w', index: [1, 0, 0, 0], value, count }]);
    expect(nonFiniteText(found[0]!)).toBe(
      `holds ${value} at [1, 0, 0, 0]${count > 1 ? ', the first of 2 such elements' : ''}`,
    );
  });

  it('takes an infinity that is added for a mask, and a NaN that is added for a fault', () => {
    const b = new GraphBuilder('t');
    const masked = b.op('Add', [b.input('x', ['n', 2]), b.initializer(floatTensor('mask', [2], [0, -Infinity]))]);
    b.op('Mul', [masked, b.initializer(floatTensor('slope', [], [NaN]))], {}, { outputs: [b.output('y', ['n', 2])] });
    expect(nonFiniteWeights(b.build())).toEqual([{ tensor: 'slope', index: [], value: 'NaN', count: 1 }]);
  });

  it('looks into Constant nodes, and into bodies whose nodes read a tensor of the graph around them', () => {
    const b = new GraphBuilder('t');
    const body = new GraphBuilder('body');
    body.op('MatMul', ['x', 'outside'], {}, { outputs: [body.output('out', ['n', 2])] });
    b.initializer(floatTensor('outside', [2, 2], [1, 1, Infinity, 1]));
    b.input('x', ['n', 2]);
    b.append(makeNode('Constant', [], ['c'], { value: floatTensor('', [2], [1, NaN]) }));
    b.input('cond', [], DataType.BOOL);
    const graph = body.build().graph;
    b.op('If', ['cond'], graph ? { then_branch: graph, else_branch: graph } : {}, {
      outputs: [b.output('y', ['n', 2])],
    });
    expect(nonFiniteWeights(b.build()).map(({ tensor, index }) => [tensor, index])).toEqual([
      ['outside', [1, 0]],
      ['c', [1]],
    ]);
  });

  it('looks at the stored elements of sparse tensors', () => {
    const b = new GraphBuilder('t');
    b.op('MatMul', [b.input('x', ['n', 2]), 'w'], {}, { outputs: [b.output('y', ['n', 2])] });
    const model = b.build();
    const stored = {
      values: floatTensor('w', [2], [1, -Infinity]),
      indices: int64Tensor('', [2], [0, 3]),
      dims: [2n, 2n],
    };
    model.graph!.sparseInitializer.push(create(SparseTensorProtoSchema, stored));
    expect(nonFiniteWeights(model)).toEqual([{ tensor: 'w', index: [1], value: '-Infinity', count: 1 }]);
  });

  it('has nothing to say of finite weights, integers and tensors without elements', () => {
    const b = new GraphBuilder('t');
    b.initializer(makeTensor('i', DataType.INT64, [1], BigInt64Array.of(2n)));
    b.initializer(floatTensor('none', [0, 3], []));
    b.op('Conv', [b.input('x', ['n', 1, 4, 4]), b.float([1, 2, 3, 4], [1, 1, 2, 2])], {}, { outputs: [b.output('y')] });
    expect(nonFiniteWeights(b.build())).toEqual([]);
  });
});

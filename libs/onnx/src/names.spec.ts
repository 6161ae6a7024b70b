import { create } from '@bufbuild/protobuf';
import { GraphBuilder, makeValueInfo } from './builder.js';
import { checkModel } from './check-model.js';
import { Graph, makeNode } from './graph.js';
import { MODEL_LIMITS } from './limits.js';
import { Names, ownName, withoutMark } from './names.js';
import {
  DataType,
  FunctionProtoSchema,
  SparseTensorProtoSchema,
  TensorAnnotationSchema,
  type ModelProto,
} from './proto.js';
import { floatTensor, int64Tensor } from './tensor.js';

/** A model that uses a name in each place where ONNX has one. */
function model(): ModelProto {
  const b = new GraphBuilder();
  b.input('input', [1]);
  const inner = new GraphBuilder();
  inner.initializer(floatTensor('inner_weight', [1], [1]));
  inner.op('Add', ['late', 'inner_weight'], {}, { outputs: ['inner_value'] });
  inner.output('inner_value');
  const body = new GraphBuilder();
  body.op(
    'If',
    ['condition'],
    { then_branch: inner.build().graph!, else_branch: inner.build().graph! },
    { outputs: ['body_value'] },
  );
  body.output('body_value', [1]);
  b.initializer(floatTensor('weight', [1], [1]));
  b.append(
    makeNode(
      'If',
      ['condition'],
      ['value'],
      { then_branch: body.build().graph!, else_branch: body.build().graph! },
      { name: 'node' },
    ),
  );
  b.output('output', [1]);
  const built = b.build();
  built.graph!.valueInfo.push(makeValueInfo('told', DataType.FLOAT, [1]));
  built.graph!.sparseInitializer.push(
    create(SparseTensorProtoSchema, {
      values: floatTensor('sparse', [1], [1]),
      indices: int64Tensor('', [1], [0]),
      dims: [4n],
    }),
  );
  built.graph!.quantizationAnnotation.push(create(TensorAnnotationSchema, { tensorName: 'annotated' }));
  built.functions.push(
    create(FunctionProtoSchema, {
      name: 'F',
      domain: 'd',
      input: ['argument'],
      output: ['result'],
      node: [makeNode('Relu', ['argument'], ['local'])],
    }),
  );
  return built;
}

const USED = [
  'input',
  'output',
  'weight',
  'sparse',
  'told',
  'annotated',
  'node',
  'value',
  'condition',
  'body_value',
  'inner_weight',
  'inner_value',
  'late',
  'argument',
  'result',
  'local',
];

describe('new names', () => {
  it.each(USED)('are not "%s", which the model uses', (name) => {
    expect(new Graph(model()).freshName(name)).toBe(`${name}_1`);
    expect(Names.of(model()).fresh(name)).toBe(`${name}_1`);
  });

  it('are given once, whatever they resemble', () => {
    const names = Names.of(model());
    names.take('value_2');
    const given = ['value', 'value', 'value_1', 'value', 'new', 'new', 'new_1', ''].map((prefix) =>
      names.fresh(prefix),
    );
    expect(new Set([...given, ...USED, 'value_2', '']).size).toBe(given.length + USED.length + 2);
  });

  it('stay new after edits of the graph', () => {
    const graph = new Graph(model());
    const added = graph.addNode(makeNode('Relu', ['input'], ['later'], {}, { name: 'later_node' }));
    graph.setOutput(added, 0, 'renamed');
    graph.addInitializer(floatTensor('bias', [1], [1]));
    expect(['later', 'later_node', 'renamed', 'bias'].map((name) => graph.freshName(name))).toEqual([
      'later_1',
      'later_node_1',
      'renamed_1',
      'bias_1',
    ]);
  });

  it('of values that are no part of the model begin as no name of a model may', () => {
    expect(withoutMark(ownName('loss'))).toBe('loss');
    expect(withoutMark('loss')).toBe('loss');
    for (const name of [ownName('x'), 'x\0']) {
      const b = new GraphBuilder();
      b.op('Relu', [b.input('x', [1])], {}, { outputs: [b.output(name, [1])] });
      expect(() => checkModel(b.build(), MODEL_LIMITS)).toThrow(/holds the control character U\+000[01]: rename it/);
    }
  });
});

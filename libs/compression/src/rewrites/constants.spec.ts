import { create } from '@bufbuild/protobuf';
import { floatTensor, Graph, GraphBuilder, makeValueInfo, DataType, ModelProtoSchema, tensorToFloats } from '#onnx';
import { liftConstants } from './constants.js';

describe('liftConstants', () => {
  it('turns Constant nodes into initializers of the same name', () => {
    const b = new GraphBuilder();
    b.input('x', [2]);
    b.op('Constant', [], { value: floatTensor('', [2], [3, 4]) }, { outputs: ['w'] });
    b.op('Mul', ['x', 'w'], {}, { outputs: ['y'] });
    b.output('y', [2]);
    const graph = new Graph(b.build());
    expect(liftConstants(graph)).toBe(1);
    expect([...tensorToFloats(graph.initializer('w')!)]).toEqual([3, 4]);
    expect(graph.nodes.map((node) => node.opType)).toEqual(['Mul']);
  });

  it('lets readers of an Identity read the initializer itself', () => {
    const b = new GraphBuilder();
    b.input('x', [2]);
    const weight = b.float([1, 2]);
    b.op('Mul', ['x', b.op('Identity', [weight])], {}, { outputs: ['y'] });
    b.output('y', [2]);
    const graph = new Graph(b.build());
    liftConstants(graph);
    expect(graph.nodes[0]!.input).toEqual(['x', weight]);
  });

  it('delists an initializer that is an input too', () => {
    const b = new GraphBuilder();
    b.input('x', [2]);
    const weight = b.float([1, 2]);
    b.op('Mul', ['x', weight], {}, { outputs: ['y'] });
    b.output('y', [2]);
    const model = create(ModelProtoSchema, b.build());
    model.graph!.input.push(makeValueInfo(weight, DataType.FLOAT, [2]));
    liftConstants(new Graph(model));
    expect(model.graph!.input.map((input) => input.name)).toEqual(['x']);
  });

  it('keeps a Constant that is a graph output', () => {
    const b = new GraphBuilder();
    b.op('Constant', [], { value: floatTensor('', [1], [3]) }, { outputs: ['y'] });
    b.output('y', [1]);
    const graph = new Graph(b.build());
    expect(liftConstants(graph)).toBe(0);
  });
});

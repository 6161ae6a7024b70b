import { create } from '@bufbuild/protobuf';
import { GraphBuilder } from './builder.js';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  SparseTensorProtoSchema,
  TensorProtoSchema,
} from './proto.js';
import { floatTensor } from './tensor.js';
import { allTensors, storedBytes } from './tensors.js';

describe('the bytes of a tensor', () => {
  it('are those of each way in which elements can be stored', () => {
    const tensor = create(TensorProtoSchema, {
      rawData: new Uint8Array(3),
      floatData: [1],
      doubleData: [1, 2],
      int32Data: [1, 2, 3],
      int64Data: [1n, 2n, 3n, 4n],
      uint64Data: [1n, 2n, 3n, 4n, 5n],
      stringData: [new Uint8Array(7), new Uint8Array(2)],
    });
    expect(storedBytes(tensor)).toBe(3 + 8 * (1 + 2 + 3 + 4 + 5) + 9);
  });
});

describe('the tensors of a model', () => {
  const tensor = (name: string) => floatTensor(name, [1], [1]);
  const sparse = (name: string) =>
    create(SparseTensorProtoSchema, { values: tensor(name), indices: tensor(`where ${name}`) });

  it('lie in graphs, attributes, bodies and what trains the model', () => {
    const body = create(GraphProtoSchema, { initializer: [tensor('of a body')] });
    const b = new GraphBuilder();
    b.initializer(tensor('of the graph'));
    b.op('Something', [], { body });
    b.nodes[0]!.attribute.push(
      create(AttributeProtoSchema, { t: tensor('one'), tensors: [tensor('of several')] }),
      create(AttributeProtoSchema, { sparseTensor: sparse('sparse'), sparseTensors: [sparse('of sparse ones')] }),
      create(AttributeProtoSchema, { graphs: [body] }),
    );
    const model = b.build();
    model.graph!.sparseInitializer.push(sparse('sparse weight'));
    const [initialization, algorithm] = ['to begin with', 'of a step'].map((name) => ({ initializer: [tensor(name)] }));
    model.trainingInfo = create(ModelProtoSchema, { trainingInfo: [{ initialization, algorithm }] }).trainingInfo;
    expect([...allTensors(model)].map(({ name }) => name)).toEqual([
      'of the graph',
      'sparse weight',
      'where sparse weight',
      'of a body',
      'one',
      'of several',
      'sparse',
      'where sparse',
      'of sparse ones',
      'where of sparse ones',
      'of a body',
      'to begin with',
      'of a step',
    ]);
  });
});

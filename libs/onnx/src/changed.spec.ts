import { create } from '@bufbuild/protobuf';
import { changed } from './changed.js';
import { DataType, NodeProtoSchema, TensorProtoSchema } from './index.js';
import { tensorData } from './tensor.js';

describe('a message with other fields', () => {
  it('keeps the defaults of fields that the file leaves out, and the message it is of', () => {
    const tensor = create(TensorProtoSchema, { name: 'b', dims: [2n], dataType: DataType.FLOAT, floatData: [1, 2] });
    const copy = changed(tensor, { name: 'c' });
    expect([copy.name, tensor.name, [...tensorData(copy)]]).toEqual(['c', 'b', [1, 2]]);
    const node = create(NodeProtoSchema, { opType: 'Relu', input: ['x'], output: ['y'] });
    const { domain, name, input } = changed(node, { input: ['z'] });
    expect({ domain, name, input, of: node.input }).toEqual({ domain: '', name: '', input: ['z'], of: ['x'] });
  });
});

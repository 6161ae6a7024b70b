import { setAttribute, tensorAttribute } from './attributes.js';
import { GraphError } from './errors.js';
import type { Graph } from './graph.js';
import { DataType, type AttributeProto, type NodeProto, type TensorProto } from './proto.js';
import { floatTensor, makeTensor } from './tensor.js';

/**
 * The tensor behind a value that is an initializer or a Constant node's output; undefined when it is neither, or text.
 */
export function constantTensor(graph: Graph, value: string): TensorProto | undefined {
  const initializer = graph.initializer(value);
  if (initializer) return initializer;
  const node = graph.producer(value);
  return node?.opType === 'Constant' && node.domain === '' ? constantNodeTensor(node) : undefined;
}

/**
 * The tensor that a Constant node yields, whichever of its attributes holds it; undefined for strings and sparse
 * tensors.
 */
export function constantNodeTensor(node: NodeProto): TensorProto | undefined {
  const dense = tensorAttribute(node, 'value');
  if (dense) return dense;
  const name = node.output[0] ?? '';
  for (const attribute of node.attribute) {
    const read = SHORT_FORMS[attribute.name];
    if (read) return read(name, attribute);
  }
  return undefined;
}

/** Replaces the tensor behind a constant value where it is stored. Throws GraphError when the value is no constant. */
export function setConstantTensor(graph: Graph, value: string, tensor: TensorProto): void {
  if (graph.initializer(value)) {
    tensor.name = value;
    graph.replaceInitializer(tensor);
    return;
  }
  const node = graph.producer(value);
  if (node?.opType !== 'Constant') throw new GraphError(`value "${value}" is not a constant`);
  tensor.name = tensorAttribute(node, 'value')?.name ?? '';
  node.attribute = node.attribute.filter((attribute) => !(attribute.name in SHORT_FORMS));
  setAttribute(node, 'value', tensor);
}

const SHORT_FORMS: Record<string, (name: string, attribute: AttributeProto) => TensorProto> = {
  value_float: (name, { f }) => floatTensor(name, [], [f]),
  value_floats: (name, { floats }) => floatTensor(name, [floats.length], floats),
  value_int: (name, { i }) => makeTensor(name, DataType.INT64, [], BigInt64Array.of(i)),
  value_ints: (name, { ints }) => makeTensor(name, DataType.INT64, [ints.length], BigInt64Array.from(ints)),
};

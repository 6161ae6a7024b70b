import {
  DataType,
  dataTypeBits,
  elementCount,
  subgraphs,
  type GraphProto,
  type ModelProto,
  type TensorProto,
} from '#onnx';

/**
 * Bits that the tensors stored in a model need in their own format: elements times the width of their type, over the
 * initializers and Constant nodes of all graphs. Names, nodes and padding of the file are not in it.
 */
export function weightBits(model: ModelProto): number {
  return model.graph ? storedTensors(model.graph).reduce((sum, tensor) => sum + tensorBits(tensor), 0) : 0;
}

function storedTensors(graph: GraphProto): TensorProto[] {
  const inNodes = graph.node.flatMap((node) => [
    ...node.attribute.flatMap((attribute) => [...(attribute.t ? [attribute.t] : []), ...attribute.tensors]),
    ...subgraphs(node).flatMap(storedTensors),
  ]);
  return [
    ...graph.initializer,
    ...graph.sparseInitializer.flatMap(({ values, indices }) => [values, indices].filter((part) => part !== undefined)),
    ...inNodes,
  ];
}

function tensorBits(tensor: TensorProto): number {
  if (tensor.dataType === DataType.STRING) return tensor.stringData.reduce((sum, text) => sum + text.length * 8, 0);
  return elementCount(tensor.dims) * (dataTypeBits(tensor.dataType) ?? 8);
}
